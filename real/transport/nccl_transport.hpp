// A Transport over NCCL and the memory of one GPU.
//
// Streams and events are CUDA's. The world's communicator is made by ncclCommInitRankConfig, those
// of groups are split from it (ncclCommSplit); all are non-blocking, so that a peer that does not
// come is a state to be polled (ncclCommGetAsyncError), not a call that does not return. Each op
// has a CUDA event before and behind it: reached, done, and its time.
//   all-to-all  ncclAlltoAll (NCCL 2.28), or a group of ncclSend and ncclRecv
//   shifts      a group of ncclSend and ncclRecv, all messages at once
//   the others  ncclAllGather, ncclReduceScatter, ncclAllReduce
// abort() calls ncclCommAbort, which ends kernels that wait for a peer.
//
// Limits: kernels of several communicators that run at once must fit on the GPU together, or ranks
// that start them in different orders wait for each other (NCCL user guide, "Using multiple NCCL
// communicators concurrently"). Point-to-points of one communicator block their stream until the
// peer comes, as NCCL's do; stages that send to each other at the same time do it in one op.
// Freeing memory waits for the device (cudaFree).
//
// Errors: kEnvironment: "no GPU: ..." where CUDA has none to offer; built without NCCL; an error of
// CUDA or NCCL, with its words.
//
// Source: NCCL 2.28 user guide, "Creating a communicator with options", "Point-to-point
// communication", "Fault tolerance"; nccl.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "real/transport/transport.hpp"

namespace seqspan::real {

enum class AllToAllBy : std::uint8_t {
  kLibrary,   // ncclAlltoAll where the library has it, else messages
  kMessages,  // grouped ncclSend and ncclRecv
};

struct NcclWorld {
  std::int64_t rank = 0;
  std::int64_t size = 1;
  // Which GPU of this host; none: the first.
  std::optional<int> device;
  // Ranks beyond the GPUs of this host take them in turn. NCCL refuses two ranks of one host on one
  // GPU, so each is told (NCCL_HOSTID, for the whole process) that it is a host of its own: they
  // talk over sockets and take turns on the GPU. Numbers and bytes are right, times say nothing.
  bool shares_gpus = false;
  // Gives every rank the bytes that rank 0 passes: how the unique id travels. May be empty for a
  // world of one.
  std::function<sim::Result<void>(std::span<std::byte> bytes)> share;
  // Asks the others when an op hangs; may be absent.
  std::unique_ptr<RollCall> roll_call;
  AllToAllBy all_to_all = AllToAllBy::kLibrary;
  // For making communicators and for NCCL to accept an op: both may need every peer.
  sim::Seconds limit{60.0};
};

// The world of MPI_COMM_WORLD: the id is broadcast by MPI, ranks of one host take its GPUs in turn,
// and the roll call is MPI's. Collective.
[[nodiscard]] sim::Result<NcclWorld> nccl_world_of_mpi();

// Whether this host has a GPU that CUDA can use: kEnvironment with the reason where not.
[[nodiscard]] sim::Result<void> check_gpus();

// Collective over the world.
[[nodiscard]] sim::Result<std::unique_ptr<Transport>> make_nccl_transport(NcclWorld world);

}  // namespace seqspan::real
