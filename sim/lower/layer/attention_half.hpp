// The attention half of a layer: norm, QKV projection, RoPE (and QK-norm), attention over the
// context parallel group, output projection, residual sum.
//
// Local heads: a/t query heads and g/t KV heads. Where t > g, Megatron all-gathers the whole QKV
// activation over TP and every rank takes the one KV head that its query heads share, instead of
// keeping copies of the KV weights (megatron/core/transformer/attention.py).
#pragma once

#include "sim/lower/attention/context_attention.hpp"
#include "sim/lower/layer/dropout.hpp"
#include "sim/lower/layer/linear.hpp"
#include "sim/lower/layer/norm.hpp"
#include "sim/lower/layer/ports.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {

class AttentionHalf {
 public:
  AttentionHalf(ProgramBuilder& builder, const LoweringContext& context,
                const FullAttention& attention, const Weights& weights, const Ports& ports);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;

 private:
  void position_heads(ProgramBuilder& builder) const;
  void position_heads_backward(ProgramBuilder& builder) const;

  bool qk_norm_;
  bool views_;  // q, k, v are parts of the projection: nothing turns or sends them
  bool gathers_heads_;
  bool recomputes_core_;
  std::int64_t qkv_width_;  // (a + 2 g) d / t

  HeadBlock heads_;
  Ports ports_;
  Norm norm_;
  Dropout dropout_;
  LinearOperand normed_input_;
  TensorId projected_;        // QKV as projected by this rank
  TensorId whole_projected_;  // QKV of all TP ranks where t > g
  QueryKeyValue linear_;      // before QK-norm
  TensorId qk_inverse_rms_;
  QueryKeyValue normed_;      // after QK-norm, before RoPE
  QueryKeyValue positioned_;  // what attention reads
  bool rotary_;
  ContextAttention attention_;
  LinearOperand attended_;
  TensorId partial_output_;
  TensorId reduced_output_;

  LinearOperand output_gradient_;
  TensorId attention_output_gradient_;
  QueryKeyValue normed_gradient_;
  TensorId projected_gradient_;
  LinearOperand projected_operand_;
  TensorId whole_projected_gradient_;
  TensorId whole_norm_gradient_;
  TensorId norm_gradient_;
  Linear qkv_projection_;
  Linear output_projection_;
};

}  // namespace seqspan::sim
