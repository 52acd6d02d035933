// Ulysses in groups of heads: the all-to-all of the next group runs under the attention of this
// one, and that of the output of the last.
//
//   n groups of a/(t u n) query heads. Where n divides g' = max(g/(t u), 1), K and V go with their
//   group; else all of K and V go before the first group, and dK and dV, summed over groups, after
//   the last.
//   forward, group i   send Q(i+1) | attend(i) | send O(i)
//   backward, group i  send dO(i+1) | attend backward(i) | send dQ(i)
// The same bytes travel in n times as many messages, and a kernel has 1/n of the heads. What
// arrives is written into the whole q, k, v, so what is saved does not shrink; send and receive
// buffers do.
// Sources: AI-Hypercomputer/maxdiffusion pull 428 (ulysses_attention_chunks); Ghadia et al., Untied
// Ulysses, arXiv 2602.21196 (head chunks, for memory). None of the four frameworks has it built in.
#pragma once

#include "sim/lower/attention/exchange.hpp"
#include "sim/lower/attention/ulysses_inputs.hpp"

namespace seqspan::sim {

class HeadGroupAttention {
 public:
  // `heads` before the all-to-all. The layout has head_groups > 1, no ring, and flash attention.
  HeadGroupAttention(ProgramBuilder& builder, const HeadBlock& heads, QueryKeyValue inputs,
                     const ContextPlan& plan);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder, TensorId output_gradient) const;

  [[nodiscard]] TensorId output() const { return to_sequence_.result(); }
  [[nodiscard]] QueryKeyValue gradients() const { return gradients_; }

 private:
  void start_inputs(ProgramBuilder& builder) const;
  void finish_inputs(ProgramBuilder& builder) const;
  void start_gradients(ProgramBuilder& builder) const;
  void finish_gradients(ProgramBuilder& builder) const;
  void attend(ProgramBuilder& builder) const;
  void attend_backward(ProgramBuilder& builder, bool first) const;

  UlyssesInputs inputs_;
  std::int64_t groups_;
  std::int64_t kv_parts_;  // n, or 1 where K and V go as a whole
  HeadBlock group_;        // what one kernel works on
  Exchange query_;
  Exchange key_;
  Exchange value_;
  TensorId output_;  // of attention, all groups
  TensorId log_sum_exp_;
  Exchange to_sequence_;
  Exchange output_gradient_;
  QueryKeyValue dealt_gradients_;
  TensorId key_gradient_of_group_{};  // where K and V go as a whole
  TensorId value_gradient_of_group_{};
  BackwardScratch scratch_;
  Exchange query_gradient_;
  Exchange key_gradient_;
  Exchange value_gradient_;
  QueryKeyValue gradients_;
};

}  // namespace seqspan::sim
