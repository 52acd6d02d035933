// Ulysses: all-to-all of Q, K and V turns a share of the sequence into a share of the heads, the
// core attends, and an all-to-all of the output turns back. With a ring as its core this is the 2D
// hybrid (USP, TransformerEngine 'a2a+p2p').
//
// Bytes sent, forward and backward each: (u-1)/u (2 N_q + 2 N_k') x 2 with N_q = b (s/c) (a/t) d
// and N_k' = b (s/c) g' d, g' = max(g/t, u): KV heads fewer than u are repeated before the
// all-to-all, where the framework does so. The output is saved twice: as the attention kernel left
// it, and by the output projection after the all-to-all. Sources: TransformerEngine
// context_parallel.py; DeepSpeed ulysses_sp.py; yunchang attn_layer.py.
#pragma once

#include "sim/lower/attention/core.hpp"
#include "sim/lower/attention/exchange.hpp"
#include "sim/lower/attention/ulysses_inputs.hpp"

namespace seqspan::sim {

class UlyssesAttention {
 public:
  // `heads` before the all-to-all: tokens s/c, heads a/t and g/t.
  UlyssesAttention(ProgramBuilder& builder, const HeadBlock& heads, QueryKeyValue inputs,
                   const ContextPlan& plan);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder, TensorId output_gradient) const;

  [[nodiscard]] TensorId output() const { return to_sequence_.result(); }
  [[nodiscard]] QueryKeyValue gradients() const { return gradients_; }

 private:
  UlyssesInputs inputs_;
  bool sends_value_first_;  // in backward
  Exchange query_;
  Exchange key_;
  Exchange value_;
  AttentionCore core_;
  Exchange to_sequence_;
  Exchange output_gradient_;
  Exchange query_gradient_;
  Exchange key_gradient_;
  Exchange value_gradient_;
  QueryKeyValue gradients_;
};

}  // namespace seqspan::sim
