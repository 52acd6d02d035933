// NCCL's communicators of one rank: the world's, and those of groups, split from it.
//
// All are non-blocking: what was asked of one is accepted when its state says so, and a peer that
// does not come is a state to be polled, not a call that does not return. Errors: those of NCCL
// (nccl_errors.hpp); kEnvironment where a communicator is not accepted in time.
//
// Source: NCCL 2.28 user guide, "Creating a communicator with options", "Fault tolerance".
#pragma once

#include <nccl.h>

#include <cstddef>
#include <deque>
#include <string>

#include "real/transport/group.hpp"
#include "real/transport/nccl_transport.hpp"
#include "sim/errors/error.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

class NcclCommunicators {
 public:
  // `limit`: for making a communicator, which needs every peer.
  explicit NcclCommunicators(sim::Seconds limit) : limit_(limit) {}

  // Makes the world's. Called once, before anything else.
  [[nodiscard]] sim::Result<void> open(const NcclWorld& world);
  // The next group's, numbered from 0. Collective over the world.
  [[nodiscard]] sim::Result<void> add(const Group& group);
  [[nodiscard]] ncclComm_t group(std::size_t index) const { return groups_[index]; }

  // ncclSuccess, or ncclInProgress while what was asked is not accepted; `call` and `where` are for
  // errors.
  [[nodiscard]] static sim::Result<ncclResult_t> state(ncclComm_t comm, const char* call,
                                                       const std::string& where);
  // Those of all groups are well.
  [[nodiscard]] sim::Result<void> check() const;

  // Ends what hangs in them.
  void abort();
  // Ends all of them; the first error, after all were tried.
  [[nodiscard]] sim::Result<void> close();

 private:
  [[nodiscard]] sim::Result<void> settle(ncclComm_t comm, const char* call,
                                         const std::string& where) const;
  [[nodiscard]] sim::Result<void> end(ncclComm_t comm) const;

  sim::Seconds limit_;
  ncclComm_t world_ = nullptr;
  // A deque: NCCL writes a handle later, from a thread of its own, so its place must stay.
  std::deque<ncclComm_t> groups_;
};

}  // namespace seqspan::real
