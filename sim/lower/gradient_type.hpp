// The type in which gradients are added up over micro-batches.
//
// Megatron-LM's buffer of main gradients is fp32, or with --grad-reduce-in-bf16 (NeMo's
// grad_reduce_in_fp32=False) bf16: weight gradient products add to it in that type, and it is
// reduced as it is. Elsewhere Training::bf16_gradient_reduction only says what a reduction sends.
// Source: Megatron-LM megatron/core/distributed/distributed_data_parallel.py (grad_dtype).
#pragma once

#include "sim/lower/framework_traits.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

[[nodiscard]] inline DataType gradient_type(const Training& training,
                                            const FrameworkTraits& traits) {
  return training.bf16_gradient_reduction && traits.gradient_buffer ? DataType::kBFloat16
                                                                    : traits.state.gradient;
}

}  // namespace seqspan::sim
