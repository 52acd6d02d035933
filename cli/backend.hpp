// What carries communication: MPI over host memory or NCCL over GPU memory.
#pragma once

#include <cstdint>

namespace seqspan::cli {

enum class Backend : std::uint8_t { kMpi, kNccl };

}  // namespace seqspan::cli
