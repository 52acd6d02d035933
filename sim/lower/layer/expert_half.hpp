// The mixture-of-experts half of a layer: norm, router, permutation, all-to-all over the expert
// parallel group, grouped GEMMs of the local experts, and the way back.
//
// Tokens are T' = b s/(c t) (sequence parallelism splits them before the router). Each goes to k
// experts, so T' k rows travel: (ep-1)/ep T' k h x 2 bytes sent, twice forward and twice backward.
// The busiest rank receives `expert_imbalance` times the mean; its program is the one written. With
// etp > 1 the experts' tokens are gathered over the expert tensor parallel group and reduced back.
// Saved: router probabilities (fp32) and map, and of the experts (grouped_feed_forward.hpp) their
// input, gate and up, and activation.
// Shared experts run first, on the norm's output, and their result is added to what the others'
// tokens come back to; in backward they come last. Nothing overlaps (Megatron's default).
// Sources: Megatron-LM megatron/core/transformer/moe/token_dispatcher.py (alltoall dispatcher),
// moe_layer.py (order).
#pragma once

#include <optional>

#include "sim/lower/all_to_all.hpp"
#include "sim/lower/layer/gated_feed_forward.hpp"
#include "sim/lower/layer/grouped_feed_forward.hpp"
#include "sim/lower/layer/norm.hpp"
#include "sim/lower/layer/ports.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {

class ExpertHalf {
 public:
  // `router_weights` holds the norm, the router and the shared experts, `expert_weights` the
  // experts' matrices.
  ExpertHalf(ProgramBuilder& builder, const LoweringContext& context,
             const MixtureOfExperts& experts, const Weights& router_weights,
             const Weights& expert_weights, const Ports& ports);

  void forward(ProgramBuilder& builder) const;
  // What backward does not find, where layers are recomputed: all of it, as what puts the experts'
  // tokens back into order keeps its indices to the end.
  void recompute(ProgramBuilder& builder) const { forward(builder); }
  void backward(ProgramBuilder& builder) const;

 private:
  // Rows of this rank to the ranks of their experts, or back.
  static void exchange(ProgramBuilder& builder, const AllToAll& all_to_all, const char* name,
                       TensorId from, TensorId to);
  void gather_rows(ProgramBuilder& builder, const char* name, TensorId from, TensorId to) const;
  void scatter_rows(ProgramBuilder& builder, const char* name, TensorId from, TensorId to) const;

  // Adds up what comes back to each token, shared experts and residual.
  void sum_tokens(ProgramBuilder& builder) const;

  const Weights& router_weights_;
  std::int64_t hidden_;
  std::int64_t router_rows_;
  std::int64_t experts_;
  bool holds_tokens_;  // FrameworkTraits::holds_dispatched_tokens

  Ports ports_;
  Norm norm_;
  std::optional<GatedFeedForward> shared_;
  AllToAll dispatch_;
  AllToAll combine_;
  AllToAll combine_backward_;
  AllToAll dispatch_backward_;
  TensorId logits_;
  TensorId probabilities_;
  TensorId routing_map_;
  TensorId permuted_;
  TensorId dispatched_;
  TensorId gathered_;
  TensorId expert_input_;
  std::optional<GroupedFeedForward> grouped_;
  TensorId unsorted_;
  TensorId scattered_;
  TensorId combined_;

  TensorId combined_gradient_;
  TensorId dispatched_gradient_;
  TensorId gathered_gradient_;
  TensorId expert_output_gradient_;
  TensorId unsorted_gradient_;
  TensorId scattered_gradient_;
  TensorId permuted_gradient_;
  TensorId probabilities_gradient_;
  TensorId routed_gradient_;  // of the norm's output, from router and routed experts
  TensorId norm_gradient_;
};

}  // namespace seqspan::sim
