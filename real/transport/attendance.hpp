// Who takes part in an op that does not end: asked of the other ranks once there is suspicion, so
// that nothing is sent while all goes well.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "real/transport/exchange.hpp"
#include "real/transport/group.hpp"
#include "sim/errors/error.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

// Ranks of the world. Arrived: their stream has reached the op. Missing: they answer, and it has
// not. Silent: no answer in time; stopped, dead, cut off, or busy without calling the transport.
struct Attendance {
  std::vector<std::int64_t> arrived;
  std::vector<std::int64_t> missing;
  std::vector<std::int64_t> silent;
  // Silent ranks of other groups: asked only where all of this one answer and some are missing,
  // since these then wait for somebody else.
  std::vector<std::int64_t> silent_elsewhere;
};

// "arrived: ranks 0, 1; not arrived: rank 2; no answer: rank 3".
[[nodiscard]] std::string in_words(const Attendance& attendance);

// The n-th op on a communicator is the same op on every member, so a rank need only say how many
// it has reached.
class RollCall {
 public:
  RollCall() = default;
  RollCall(const RollCall&) = delete;
  RollCall& operator=(const RollCall&) = delete;
  virtual ~RollCall() = default;

  // This rank has reached `ops` ops on the communicator.
  virtual void reached(CommunicatorId communicator, std::uint64_t ops) = 0;
  // Answers what others have asked; a transport calls it whenever it makes progress.
  virtual sim::Result<void> serve() = 0;
  // Which members have reached the op with this number (from 1) within `patience`; `meanwhile` is
  // called while waiting.
  virtual sim::Result<Attendance> ask(const Group& group, CommunicatorId communicator,
                                      std::uint64_t number, sim::Seconds patience,
                                      const std::function<void()>& meanwhile) = 0;
  // Gives back what it holds; collective. Without it the destructor leaves that to the end of the
  // process.
  virtual sim::Result<void> close() = 0;
};

}  // namespace seqspan::real
