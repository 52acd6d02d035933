// A projection that tensor parallelism splits by heads, out of a tensor that stands on the token
// shards: a latent, which it norms first, or a norm's output.
//
//   forward   norm on the shard [b, s/(c t), r], all-gather over TP, product -> [b, s/c, heads/t,
//             width]
//   backward  all-gather again for the weight gradient, data gradient, reduce-scatter, weight
//             gradient, norm
// In FP8 what is gathered and multiplied is cast before (linear_operand.hpp), by the norm where it
// can.
// Saved: the latent, 1/rms and the normed latent, each on the shard: (2 + 2) r + 4 bytes per token.
// Source: TransformerEngine pytorch/module/layernorm_linear.py (TELayerNormColumnParallelLinear).
#pragma once

#include <optional>

#include "sim/lower/layer/linear.hpp"
#include "sim/lower/layer/norm.hpp"

namespace seqspan::sim {

struct UpProjectionNames {
  const char* normed;  // nullptr: the input is not normed
  OperandNames input;
  OperandNames output_gradient;
  const char* partial_gradient;  // of what is projected
  const char* reduced_gradient;
  const char* input_gradient;
  const char* gather;
  const char* gather_again;
  SumNames scatter;
  LinearNames products;
};

class UpProjection {
 public:
  // `output` is the projected heads of this rank.
  UpProjection(ProgramBuilder& builder, const LoweringContext& context,
               const UpProjectionNames& names, const Weights& weights, TensorId input,
               TensorId output, TensorId output_gradient);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;

  [[nodiscard]] TensorId input_gradient() const { return input_gradient_; }

 private:
  const UpProjectionNames& names_;
  TensorId output_;
  std::optional<Norm> norm_;
  LinearOperand input_;  // the normed latent, or the input itself
  LinearOperand output_gradient_;
  TensorId partial_gradient_;
  TensorId reduced_gradient_;
  TensorId input_gradient_;
  Linear projection_;
};

}  // namespace seqspan::sim
