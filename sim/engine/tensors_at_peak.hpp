// Which tensors a stage holds at its peak.
#pragma once

#include <map>
#include <utility>

#include "sim/engine/step_memory.hpp"

namespace seqspan::sim {

// By tensor of the program, and whether it is saved there from forward to backward: how many
// copies.
using TensorsAtPeak = std::map<std::pair<std::size_t, bool>, std::int64_t>;

[[nodiscard]] TensorsAtPeak tensors_at_peak(const Program& program, const StageMemory& peak);

}  // namespace seqspan::sim
