// Which layers a pipeline stage runs.
//
// Stage i has the chunks i, p + i, 2 p + i ... of p v. L divisible by p v: L / (p v) layers each.
// L + 2 divisible by p v: (L + 2) / (p v) each, of which the embedding is one and the loss another
// (Megatron-LM --account-for-embedding-in-pipeline-split and --account-for-loss-in-pipeline-split;
// torchtitan counts them so by default, distributed/pipeline_parallel.py). Otherwise, without
// interleaving, the stages between the first and the last have ceil(L/p) layers and the first and
// last share the rest, the way Megatron-LM's --decoder-first-pipeline-num-layers and
// --decoder-last-pipeline-num-layers do.
#pragma once

#include <cstdint>

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

// Whether the layers of the model can be dealt to pp x vpp chunks.
[[nodiscard]] bool layers_divide(std::int64_t layers, const Layout& layout);

// Whether the embedding and the loss count as layers.
[[nodiscard]] bool counts_embedding_and_loss(std::int64_t layers, const Layout& layout);

// Layers of stage `stage`; layers_divide must hold.
[[nodiscard]] std::int64_t layers_of_stage(std::int64_t layers, const Layout& layout,
                                           std::int64_t stage);

// Writes Program::runs and Program::stages. Parts must have been lowered in the order: embedding,
// the tower's layer kinds, loss.
void write_stages(Program& program, const Tower& tower, const Layout& layout);

}  // namespace seqspan::sim
