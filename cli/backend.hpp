// What carries communication: MPI over host memory, NCCL over the memory of a GPU for each rank, or
// NCCL with ranks that share GPUs.
#pragma once

#include <cstdint>

namespace seqspan::cli {

enum class Backend : std::uint8_t { kMpi, kNccl, kNcclShared };

[[nodiscard]] constexpr bool is_on_gpus(Backend backend) { return backend != Backend::kMpi; }

}  // namespace seqspan::cli
