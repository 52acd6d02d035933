// Which activations of a part its forward block leaves for its backward block.
//
// Saved is what backward reads before anything in backward has written it, and what forward has
// written or was given. Recomputation therefore needs no rule of its own: a recomputed tensor is
// written first.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/program/program.hpp"

namespace seqspan::sim {

// Writes 1 for every saved tensor of the part, by index from part.first_tensor. `scratch` is
// working memory; both keep their capacity.
void find_saved(const Program& program, const Part& part, std::vector<std::uint8_t>& saved,
                std::vector<std::uint8_t>& scratch);

}  // namespace seqspan::sim
