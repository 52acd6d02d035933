// The attention half of a layer with latent attention (MLA), the way Megatron-LM trains it: keys
// and values are projected up to every head, so that attention and context parallelism see plain
// heads of width d_k = d_n + d_r and d_v; the latents are never what is sent over the context
// parallel group.
//
//   norm                      [b, s/(c t), h]
//   down-projections          to [.., r_q] and [.., r_kv + d_r]: whole on every TP rank, each runs
//                             them on its own token shard (down_projection.hpp)
//   split                     the latent [.., r_kv] is copied; the keys' part with RoPE [.., d_r]
//                             is gathered over TP
//   up-projections            norm, all-gather over TP, to [b, s/c, a/t, d_k] and [.., d_n + d_v]
//   RoPE                      of q in place; one kernel copies k and v apart and the keys' part
//                             with RoPE to every head
//   attention, output projection, residual sum
// Without a query rank, q is projected from the norm's output in one step.
//
// Saved per token with t = 1: 4 h + 4 r_q + 4 r_kv + 4 a (d_k + d_v) + 4 a + 12 bytes: layer input,
// norm output, both latents before and after their norms, q, k, v, o in bf16; LSE and three 1/rms
// in fp32. With t everything is 1/t. Sent over TP, in bytes per token of the (t-1)/t x 2 b s/c:
// forward r_q + r_kv + d_r + h, backward 2 r_q + 2 r_kv + d_r + h. Sources: Megatron-LM
// megatron/core/transformer/multi_latent_attention.py,
// megatron/core/fusions/fused_mla_yarn_rope_apply.py.
#pragma once

#include <optional>

#include "sim/lower/attention/context_attention.hpp"
#include "sim/lower/layer/down_projection.hpp"
#include "sim/lower/layer/output_projection.hpp"
#include "sim/lower/layer/ports.hpp"
#include "sim/lower/layer/up_projection.hpp"

namespace seqspan::sim {

class LatentHalf {
 public:
  LatentHalf(ProgramBuilder& builder, const LoweringContext& context,
             const LatentAttention& attention, const Weights& weights, const Ports& ports);

  void forward(ProgramBuilder& builder) const;
  // What backward does not find, where layers are recomputed: all of it.
  void recompute(ProgramBuilder& builder) const { forward(builder); }
  void backward(ProgramBuilder& builder) const;

 private:
  void project_down(ProgramBuilder& builder) const;
  void project_down_backward(ProgramBuilder& builder) const;
  void position(ProgramBuilder& builder) const;
  void position_backward(ProgramBuilder& builder) const;

  bool recomputes_core_;
  bool has_query_latent_;
  Bytes rotated_;  // the parts of q with RoPE, read and written

  HeadBlock heads_;
  Ports ports_;
  Norm norm_;
  TensorId query_latent_;  // r_q, or the norm's output
  TensorId kv_down_;
  TensorId kv_latent_;
  TensorId key_rotary_;
  TensorId whole_key_rotary_;
  TensorId kv_up_output_;
  QueryKeyValue positioned_;  // what attention reads
  ContextAttention attention_;
  OutputProjection output_projection_;

  TensorId kv_gradient_;
  UpProjection query_up_;
  UpProjection kv_up_;
  TensorId whole_key_rotary_gradient_;
  TensorId key_rotary_gradient_;
  TensorId kv_down_gradient_;
  TensorId norm_gradient_from_kv_;
  TensorId norm_gradient_from_query_;
  TensorId norm_gradient_;
  std::optional<DownProjection> query_down_projection_;
  DownProjection kv_down_projection_;
};

}  // namespace seqspan::sim
