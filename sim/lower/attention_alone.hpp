// Distributed attention of one layer and nothing else: what a benchmark of context parallelism
// runs, from q, k and v as a rank has them to its output, and from the output's gradient to theirs.
// No projections, no weights, no optimizer; everything that attention saves and sends.
#pragma once

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

// Writes the only part of the program, its run and its stage.
void lower_attention_alone(ProgramBuilder& builder, Program& program,
                           const LoweringContext& context);

}  // namespace seqspan::sim
