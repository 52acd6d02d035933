#include "real/transport/nccl_communicators.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <span>
#include <thread>

#include "real/transport/nccl_errors.hpp"

namespace seqspan::real {
namespace {

ncclConfig_t non_blocking() {
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  return config;
}

}  // namespace

sim::Result<void> NcclCommunicators::open(const NcclWorld& world) {
  ncclUniqueId id{};
  if (world.rank == 0) {
    if (auto made = check_nccl(ncclGetUniqueId(&id), "ncclGetUniqueId", nullptr); !made) {
      return made;
    }
  }
  if (world.share) {
    if (auto shared = world.share(std::as_writable_bytes(std::span(id.internal))); !shared) {
      return shared;
    }
  }
  ncclConfig_t config = non_blocking();
  const ncclResult_t code = ncclCommInitRankConfig(&world_, static_cast<int>(world.size), id,
                                                   static_cast<int>(world.rank), &config);
  if (auto made = check_nccl(code, "ncclCommInitRankConfig", world_); !made) return made;
  return settle(world_, "ncclCommInitRankConfig", "the communicator of the world");
}

sim::Result<void> NcclCommunicators::add(const Group& group) {
  ncclConfig_t config = non_blocking();
  ncclComm_t& comm = groups_.emplace_back(nullptr);
  const std::string where = "the communicator of " + list_ranks(group.members);
  const ncclResult_t code = ncclCommSplit(world_, static_cast<int>(group.color),
                                          static_cast<int>(group.index), &comm, &config);
  if (auto split = check_nccl(code, "ncclCommSplit", world_, where); !split) return split;
  if (auto settled = settle(world_, "ncclCommSplit", where); !settled) return settled;
  ncclComm_t made = std::atomic_ref(comm).load();
  if (made == nullptr) {
    return sim::environment_error("ncclCommSplit gave no communicator", where);
  }
  return settle(made, "ncclCommSplit", where);
}

sim::Result<ncclResult_t> NcclCommunicators::state(ncclComm_t comm, const char* call,
                                                   const std::string& where) {
  ncclResult_t state = ncclSuccess;
  if (auto asked =
          check_nccl(ncclCommGetAsyncError(comm, &state), "ncclCommGetAsyncError", comm, where);
      !asked) {
    return tl::unexpected(asked.error());
  }
  if (auto well = check_nccl(state, call, comm, where); !well) return tl::unexpected(well.error());
  return state;
}

sim::Result<void> NcclCommunicators::check() const {
  for (ncclComm_t comm : groups_) {
    if (auto well = state(comm, "NCCL", ""); !well) return tl::unexpected(well.error());
  }
  return {};
}

void NcclCommunicators::abort() {
  for (ncclComm_t& comm : groups_) {
    if (comm != nullptr) (void)ncclCommAbort(comm);
    comm = nullptr;
  }
  if (world_ != nullptr) (void)ncclCommAbort(world_);
  world_ = nullptr;
}

sim::Result<void> NcclCommunicators::close() {
  sim::Result<void> result;
  for (ncclComm_t comm : groups_) keep_first(result, end(comm));
  keep_first(result, end(world_));
  groups_.clear();
  world_ = nullptr;
  return result;
}

// Polls until what was asked of the communicator is accepted.
sim::Result<void> NcclCommunicators::settle(ncclComm_t comm, const char* call,
                                            const std::string& where) const {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (;;) {
    const auto now = state(comm, call, where);
    if (!now) return tl::unexpected(now.error());
    if (*now == ncclSuccess) return {};
    if (std::chrono::duration<double>(Clock::now() - start).count() > limit_.value()) {
      return sim::environment_error(
          fmt::format("{} was not accepted within {:g} s", call, limit_.value()), where,
          "NCCL first connects the ranks, and one of them does not come",
          "see what the other ranks say; NCCL_DEBUG=INFO shows how far each came");
    }
    std::this_thread::yield();
  }
}

sim::Result<void> NcclCommunicators::end(ncclComm_t comm) const {
  if (comm == nullptr) return {};
  if (auto ended = check_nccl(ncclCommFinalize(comm), "ncclCommFinalize", comm); !ended) {
    return ended;
  }
  if (auto settled = settle(comm, "ncclCommFinalize", ""); !settled) return settled;
  return check_nccl(ncclCommDestroy(comm), "ncclCommDestroy", nullptr);
}

}  // namespace seqspan::real
