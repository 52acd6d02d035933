// What executes the communication of a Program for one rank of a world: MPI over host memory
// (mpi_transport.hpp) or NCCL over GPU memory (nccl_transport.hpp).
//
// Order
//   Work on a stream runs in the order in which it was given. Streams wait for each other only
//   through events: `wait` holds its stream until the latest `record` before it was reached.
//   Members of a group give the ops of one communicator in the same order; those of different
//   communicators may differ. make_communicator and close are called by all ranks of the world, in
//   one order.
//   Work only goes on while the caller is inside one of these functions (MPI), so a caller that
//   waits polls. No thread is started; a transport is used by one thread.
// Memory
//   Raw buffers; the allocator that counts by role lies above. Every exchange is checked
//   against the live buffers. A buffer cannot be freed while work that was given touches it.
// Errors
//   kInput: misuse (exchange.hpp has the list; unknown handles; leaks at the end). Nothing has
//   happened then. kEnvironment: no MPI, no GPU, out of memory, a peer that failed or does not
//   come; the transport is broken then and refuses everything but abort. Nothing throws, prints or
//   exits.
// Source of the semantics: NCCL user guide 2.28, "Streams and events" of the CUDA runtime, MPI 3.1
// chapter 5.12 (non-blocking collectives).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "real/transport/attendance.hpp"
#include "real/transport/exchange.hpp"
#include "real/transport/group.hpp"
#include "real/transport/memory.hpp"
#include "sim/errors/error.hpp"
#include "sim/network/rank_order.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

enum class OpState : std::uint8_t {
  kQueued,   // its stream has not reached it
  kRunning,  // reached; peers or the wire are awaited
  kDone,     // `receive` is there, `send` may be written
};

struct OpStatus {
  OpState state = OpState::kQueued;
  // From the moment its stream reached it until now, or until it was done. MPI: the host's clock,
  // as seen when polled. NCCL: events on the stream once done, the host's clock before.
  sim::Seconds time;
  // When its stream was seen to have reached it, by the host's clock.
  std::chrono::steady_clock::time_point reached;
};

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  // Without close() before, ops that still run are given up and left to the end of the process.
  virtual ~Transport() = default;

  // "mpi", "nccl".
  [[nodiscard]] virtual const char* name() const = 0;
  [[nodiscard]] virtual std::int64_t rank() const = 0;
  [[nodiscard]] virtual std::int64_t world_size() const = 0;
  // Whether the host may read and write buffers by their address.
  [[nodiscard]] virtual bool is_host_memory() const = 0;

  // Collective over the world: the group of this rank among the siblings of the shape.
  [[nodiscard]] virtual sim::Result<CommunicatorId> make_communicator(
      const sim::GroupShape& shape) = 0;
  [[nodiscard]] virtual sim::Result<Group> group(CommunicatorId communicator) const = 0;

  // Contents are undefined. Zero bytes give an empty Memory, which needs no free.
  [[nodiscard]] virtual sim::Result<Memory> allocate(sim::Bytes size) = 0;
  [[nodiscard]] virtual sim::Result<void> free(const Memory& memory) = 0;

  [[nodiscard]] virtual sim::Result<StreamId> make_stream() = 0;
  [[nodiscard]] virtual sim::Result<EventId> make_event() = 0;
  // The event is reached when all work given to the stream so far is done.
  [[nodiscard]] virtual sim::Result<void> record(EventId event, StreamId stream) = 0;
  // Later work of the stream starts only when the event, as last recorded, is reached. An event
  // that was never recorded holds nothing.
  [[nodiscard]] virtual sim::Result<void> wait(StreamId stream, EventId event) = 0;
  [[nodiscard]] virtual sim::Result<bool> is_reached(EventId event) = 0;

  // Work on a stream besides exchanges. The host memory of a copy stays valid until it is done.
  [[nodiscard]] virtual sim::Result<void> copy_in(StreamId stream, const Memory& to,
                                                  std::span<const std::byte> from) = 0;
  [[nodiscard]] virtual sim::Result<void> copy_out(StreamId stream, std::span<std::byte> to,
                                                   const Memory& from) = 0;
  // Occupies the stream for this long: stands in for compute of which only the time matters.
  [[nodiscard]] virtual sim::Result<void> delay(StreamId stream, sim::Seconds time) = 0;
  // Runs on the host when the stream reaches it; must not call the transport.
  [[nodiscard]] virtual sim::Result<void> call(StreamId stream, std::function<void()> work) = 0;

  [[nodiscard]] virtual sim::Result<OpId> start(Exchange exchange) = 0;
  [[nodiscard]] virtual sim::Result<OpStatus> poll(OpId op) = 0;
  // Forgets an op that is done.
  [[nodiscard]] virtual sim::Result<void> release(OpId op) = 0;
  // Whether all work given to the stream is done.
  [[nodiscard]] virtual sim::Result<bool> is_idle(StreamId stream) = 0;

  // For a watchdog: the op that has been running longest, if longer than `limit`, as of the last
  // poll; what it is; and who takes part in it. `patience` is how long to wait for answers. Without
  // a way to ask (NCCL without MPI) this is a kEnvironment error.
  [[nodiscard]] virtual std::optional<OpId> overdue(sim::Seconds limit) = 0;
  [[nodiscard]] virtual sim::Result<std::string> describe_op(OpId op) const = 0;
  [[nodiscard]] virtual sim::Result<Attendance> attendance(OpId op, sim::Seconds patience) = 0;

  // Gives up everything that runs; only destruction is sensible afterwards. Not collective.
  virtual void abort() = 0;
  // Collective over the world. kInput where work is unfinished (nothing is closed then) or buffers
  // were not freed (everything is).
  [[nodiscard]] virtual sim::Result<void> close() = 0;
};

}  // namespace seqspan::real
