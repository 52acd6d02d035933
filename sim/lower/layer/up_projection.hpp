// A projection that tensor parallelism splits by heads, out of a tensor that stands on the token
// shards: a latent, which it norms first, or a norm's output.
//
//   forward   norm on the shard [b, s/(c t), r], all-gather over TP, GEMM -> [b, s/c, heads/t,
//   width] backward  all-gather again for the weight gradient, data gradient, reduce-scatter,
//   weight
//             gradient, norm
// Saved: the latent, 1/rms and the normed latent, each on the shard: (2 + 2) r + 4 bytes per token.
// Source: TransformerEngine pytorch/module/layernorm_linear.py (TELayerNormColumnParallelLinear).
#pragma once

#include <optional>

#include "sim/lower/layer/norm.hpp"
#include "sim/lower/tensor_parallel.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {

struct UpProjectionNames {
  const char* normed;  // nullptr: the input is not normed
  const char* whole_input;
  const char* output;
  const char* partial_gradient;  // of what is projected
  const char* reduced_gradient;
  const char* input_gradient;
  const char* gather;
  const char* projection;
  const char* gather_again;
  const char* data_gradient;
  SumNames scatter;
  const char* weight_gradient;
};

class UpProjection {
 public:
  // `output_shape` is that of the projected heads of this rank.
  UpProjection(ProgramBuilder& builder, const LoweringContext& context,
               const UpProjectionNames& names, const Weights& weights, TensorId input,
               Shape output_shape);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder, TensorId output_gradient) const;

  [[nodiscard]] TensorId output() const { return output_; }
  [[nodiscard]] TensorId input_gradient() const { return input_gradient_; }

 private:
  const UpProjectionNames& names_;
  const Weights& weights_;
  std::int64_t rows_;
  std::int64_t rank_;
  std::int64_t width_;
  std::optional<Norm> norm_;
  TensorId projected_;  // the normed latent, or the input itself
  TensorId whole_;
  TensorId output_;
  TensorId partial_gradient_;
  TensorId reduced_gradient_;
  TensorId input_gradient_;
};

}  // namespace seqspan::sim
