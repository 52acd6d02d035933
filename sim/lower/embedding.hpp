// The embedding as a part of the program: a vocabulary-parallel lookup, [b, s/c] -> [b, s/(c t),
// h], reduce-scattered over TP with sequence parallelism; backward gathers and scatters into the
// table. Source: Megatron-LM megatron/core/tensor_parallel/layers.py VocabParallelEmbedding.
#pragma once

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

void lower_embedding(ProgramBuilder& builder, const LoweringContext& context);

}  // namespace seqspan::sim
