// The half of a layer with a feed-forward without a gate: norm, one product up to f, GELU, one
// product down, residual sum with dropout.
//
//   [b, s/c, h] x [h, f/t] -> GELU -> x [f/t, h]
// The norm's output is gathered over TP on the way in and the result summed over TP on the way out,
// as of the gated feed-forward. GELU saves its input, with the bias added inside the kernel, and
// the product down its own: 2 x 2 f/t bytes per token, 16 h/t with f = 4 h. Sources: Korthikanti et
// al., arXiv 2205.05198, section 4.1; Megatron-LM core/fusions/fused_bias_gelu.py;
// mosaicml/llm-foundry models/layers/ffn.py MPTMLP.
#pragma once

#include "sim/lower/layer/dropout.hpp"
#include "sim/lower/layer/linear.hpp"
#include "sim/lower/layer/norm.hpp"
#include "sim/lower/layer/ports.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {

class PlainHalf {
 public:
  PlainHalf(ProgramBuilder& builder, const LoweringContext& context,
            const PlainFeedForward& feed_forward, const Weights& weights, const Ports& ports);

  void forward(ProgramBuilder& builder) const;
  // What backward needs of it and does not find, where layers are recomputed.
  void recompute(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;

 private:
  // Up to what the down projection reads.
  void widen(ProgramBuilder& builder) const;

  bool skips_output_;   // skips_last_product
  std::int64_t width_;  // f/t

  Ports ports_;
  Norm norm_;
  Dropout dropout_;
  LinearOperand input_;
  TensorId up_;
  TensorId activated_;
  LinearOperand activated_operand_;
  TensorId partial_output_;
  TensorId reduced_output_;

  LinearOperand output_gradient_;
  TensorId activated_gradient_;
  TensorId up_gradient_;
  LinearOperand up_gradient_operand_;
  TensorId whole_norm_gradient_;
  TensorId norm_gradient_;
  Linear up_projection_;
  Linear down_projection_;
};

}  // namespace seqspan::sim
