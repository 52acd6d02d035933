// Sends, receives and collectives as they run on a stream, over MPI.
//
// A collective first compares what its members have called, then gathers everybody's send buffer
// and takes from it what each wants: slow, and hard to get wrong.
#pragma once

#include <cuda_runtime_api.h>
#include <nccl.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/real/double/device.hpp"

namespace seqspan::real::twin {

enum class Kind : std::uint64_t { kAllToAll, kAllGather, kReduceScatter, kAllReduce, kSend, kRecv };

struct Call {
  Kind kind = Kind::kSend;
  ncclComm_t comm = nullptr;
  cudaStream_t stream = nullptr;
  const std::byte* send = nullptr;
  std::byte* receive = nullptr;
  std::size_t count = 0;
  ncclDataType_t type = ncclInt8;
  int peer = 0;
};

[[nodiscard]] std::size_t size_of(ncclDataType_t type);
// What a call reads and writes: nothing where it has no such buffer.
[[nodiscard]] Access sends(const Call& call);
[[nodiscard]] Access receives(const Call& call);

// Puts calls on their streams: those of one communicator and stream run at once, as a group does.
void launch(std::vector<Call> calls);

}  // namespace seqspan::real::twin
