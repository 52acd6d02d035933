// Final norm, LM head and cross entropy as a part of the program, with logits [b, s/c, V/t].
//
//   fp32 logits   bf16 logits and an fp32 copy, 2 + 4 bytes per logit; backward in place on the
//   copy,
//                 then a bf16 gradient: peak 6 T V/t + 2 T V/t (fused frameworks drop the bf16
//                 logits first: 6 T V/t). Eager Hugging Face also keeps the fp32 log-softmax: 10 T
//                 V.
//   fused         bf16 logits only; the gradient overwrites them (TransformerEngine cross entropy).
//   fused linear  logits chunk by chunk, gradients of input and head in forward
//                 (LinkedIn Liger-Kernel ops/fused_linear_cross_entropy.py).
// loss_chunks > 1 computes any kind chunk by chunk with its gradient in forward, as ALST's
// TiledFusedLogitsLoss does. With t > 1 the cross entropy all-reduces three fp32 values per token
// (Megatron cross_entropy.py). The head gathers its input over TP, and again in backward.
#pragma once

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

void lower_loss(ProgramBuilder& builder, const LoweringContext& context);

// Chunks that Liger-Kernel cuts tokens into: about one chunk of h rows per V.
[[nodiscard]] std::int64_t liger_chunks(std::int64_t rows, std::int64_t vocabulary,
                                        std::int64_t hidden);

}  // namespace seqspan::sim
