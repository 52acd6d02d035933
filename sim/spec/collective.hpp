// The collectives of training, as programs run them and benchmarks measure them.
#pragma once

#include <cstdint>

namespace seqspan::sim {

enum class Collective : std::uint8_t {
  kAllToAll,
  kAllGather,
  kReduceScatter,
  kAllReduce,
  kRingShift,     // every rank sends to its successor in the group
  kPointToPoint,  // pipeline stage to stage
};

[[nodiscard]] const char* name_of(Collective collective);

}  // namespace seqspan::sim
