// The FLOPs that a model needs for a sequence, whatever the layout: the measure of MFU.
//
// 3 x forward (backward counts twice), forward = 2 FLOPs per parameter of every matrix that a token
// passes through (the embedding lookup is none, the LM head is one) + 4 pairs a d per layer with
// pairs = s (s+1) / 2: causal attention counted exactly, recomputation not at all.
// Source of the convention: PaLM, arXiv 2204.02311, appendix B, with causal pairs counted once.
#pragma once

#include "sim/spec/job.hpp"
#include "sim/spec/model.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// `mask` full: all s^2 pairs.
[[nodiscard]] Flops model_flops(const Model& model, Tokens sequence,
                                AttentionMask mask = AttentionMask::kCausal);

// What of model_flops is attention: the part that documents change.
[[nodiscard]] Flops layers_attention_flops(const Model& model, Tokens sequence, AttentionMask mask);

// Of one layer's attention alone (TrainingScope::kAttention): forward, which backward is 2.5 times
// of where d_k = d_v, as kernel benchmarks count it.
[[nodiscard]] Flops attention_flops(const Model& model, Tokens sequence, AttentionMask mask);

}  // namespace seqspan::sim
