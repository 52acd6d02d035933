// The dense feed-forward half of a layer: norm, gate and up projection, SwiGLU, down projection,
// residual sum.
//
// Fused SwiGLU saves its input [b, s/c, 2 f/t] and the down projection its own [b, s/c, f/t]; eager
// Hugging Face modules also save silu(gate): 4 f/t in all.
#pragma once

#include "sim/lower/layer/norm.hpp"
#include "sim/lower/layer/ports.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {

class DenseHalf {
 public:
  DenseHalf(ProgramBuilder& builder, const LoweringContext& context,
            const DenseFeedForward& feed_forward, const Weights& weights, const Ports& ports);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;

 private:
  const Weights& weights_;
  bool fused_;
  std::int64_t rows_;
  std::int64_t hidden_;
  std::int64_t width_;  // f/t

  Ports ports_;
  Norm norm_;
  TensorId whole_norm_;
  TensorId gate_up_;
  TensorId silu_;
  TensorId activated_;
  TensorId partial_output_;
  TensorId reduced_output_;

  TensorId whole_output_gradient_;
  TensorId activated_gradient_;
  TensorId gate_up_gradient_;
  TensorId whole_norm_gradient_;
  TensorId norm_gradient_;
};

}  // namespace seqspan::sim
