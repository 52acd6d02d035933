// A projection to a latent, whole on every tensor parallel rank: each multiplies its own token
// shard [b, s/(c t), h] to [b, s/(c t), r], and nothing is sent. In bf16 or FP8. Source:
// Megatron-LM megatron/core/transformer/multi_latent_attention.py (TELinear, parallel_mode
// 'duplicated').
#pragma once

#include "sim/lower/layer/linear.hpp"

namespace seqspan::sim {

struct DownProjectionNames {
  OperandNames input;
  OperandNames output_gradient;
  LinearNames products;
};

class DownProjection {
 public:
  DownProjection(ProgramBuilder& builder, const LoweringContext& context,
                 const DownProjectionNames& names, const Weights& weights, TensorId input,
                 TensorId output, TensorId output_gradient, TensorId input_gradient);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;

 private:
  TensorId output_;
  TensorId input_gradient_;
  LinearOperand input_;
  LinearOperand output_gradient_;
  Linear projection_;
};

}  // namespace seqspan::sim
