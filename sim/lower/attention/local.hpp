// Attention over keys that this rank already has: no ring, and under Ulysses alone.
//
// forward   q, k, v -> o [b,s/r,a/(t u),d], LSE fp32         pairs s(s+1)/2 per sequence
// backward  q, k, v, o, LSE, dO -> dQ, dK, dV
#pragma once

#include "sim/lower/attention/head_block.hpp"

namespace seqspan::sim {

class LocalAttention {
 public:
  LocalAttention(ProgramBuilder& builder, const HeadBlock& block, QueryKeyValue inputs,
                 bool expands_kv_gradients);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder, TensorId output_gradient) const;

  [[nodiscard]] TensorId output() const { return output_; }
  [[nodiscard]] QueryKeyValue gradients() const { return gradients_; }

 private:
  [[nodiscard]] AttentionWork work(bool backward) const;

  HeadBlock block_;
  QueryKeyValue inputs_;
  TensorId output_;
  TensorId log_sum_exp_;
  QueryKeyValue gradients_;
  BackwardScratch scratch_;
};

}  // namespace seqspan::sim
