// What the memory reader says of one block of a part alone: what stands, and the activations at the
// block's peak. Of several copies of a saved tensor the last one is saved.
#pragma once

#include "sim/engine/step_memory.hpp"
#include "sim/program/program.hpp"

namespace seqspan::real {

[[nodiscard]] sim::MemoryByRole standing_bytes(const sim::Program& program, const sim::Part& part);
[[nodiscard]] sim::MemoryByRole predicted_peak(const sim::Program& program, const sim::Part& part,
                                               bool backward);

}  // namespace seqspan::real
