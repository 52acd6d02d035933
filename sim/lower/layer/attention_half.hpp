// The attention half of a layer: norm, QKV projection, RoPE (and QK-norm), attention over the
// context parallel group, output projection, residual sum.
//
// Local heads: a/t query heads and g/t KV heads. Where t > g, Megatron all-gathers the whole QKV
// activation over TP and every rank takes the one KV head that its query heads share, instead of
// keeping copies of the KV weights (megatron/core/transformer/attention.py).
#pragma once

#include "sim/lower/attention/context_attention.hpp"
#include "sim/lower/layer/dropout.hpp"
#include "sim/lower/layer/head_positions.hpp"
#include "sim/lower/layer/norm.hpp"
#include "sim/lower/layer/output_projection.hpp"
#include "sim/lower/layer/paired_linear.hpp"
#include "sim/lower/layer/ports.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {

class AttentionHalf {
 public:
  AttentionHalf(ProgramBuilder& builder, const LoweringContext& context,
                const FullAttention& attention, const Weights& weights, const Ports& ports);

  void forward(ProgramBuilder& builder) const;
  // What backward needs of it and does not find, where layers are recomputed.
  void recompute(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;

 private:
  bool gathers_heads_;
  bool keeps_every_second_;  // keeps_every_second_product
  bool recomputes_core_;     // attention alone is computed again
  bool scatters_;
  bool compiled_;
  std::int64_t qkv_width_;  // (a + 2 g) d / t

  HeadBlock heads_;
  Ports ports_;
  Norm norm_;
  Dropout dropout_;
  LinearOperand normed_input_;
  PairedLinear qkv_projection_;
  Operands projected_;  // QKV, of all TP ranks where t > g
  HeadPositions positions_;
  ContextAttention attention_;
  OutputProjection output_projection_;

  TensorId projected_gradient_;
  LinearOperand projected_operand_;
  TensorId whole_projected_gradient_;
  TensorId whole_norm_gradient_;
  TensorId norm_gradient_;
};

}  // namespace seqspan::sim
