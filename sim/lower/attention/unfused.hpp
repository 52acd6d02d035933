// Attention kernel by kernel over keys that this rank already has, as before flash kernels: scores
// and weights [b, a/t, s, s] in memory, all pairs computed and half of them masked.
//
// forward   scores = q k^T; weights = softmax(scores); dropped = dropout(weights), mask; o =
// dropped v backward  dv = dropped^T do; d(dropped) = do v^T; d(weights); d(scores) in place; dq,
// dk Saved beside q, k, v: weights 2 a s^2 b, mask a s^2 b, dropped weights 2 a s^2 b bytes over t;
// the weights alone without dropout. Flash kernels save none of it. Grouped KV heads are repeated
// inside the products. A batch of products is written as one of b (a/t) s rows: the same FLOPs,
// tiles and result; only the smaller operand is counted once rather than per head. Sources:
// Korthikanti et al., arXiv 2205.05198, section 4.1 and figure 3; Megatron-LM of 2022,
// megatron/model/transformer.py CoreAttention, megatron/model/fused_softmax.py.
#pragma once

#include "sim/lower/attention/head_block.hpp"

namespace seqspan::sim {

class UnfusedAttention {
 public:
  UnfusedAttention(ProgramBuilder& builder, const HeadBlock& block, QueryKeyValue inputs,
                   bool drops);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder, TensorId output_gradient) const;

  [[nodiscard]] TensorId output() const { return output_; }
  [[nodiscard]] QueryKeyValue gradients() const { return gradients_; }

 private:
  std::int64_t rows_;  // b (a/t) s
  std::int64_t keys_;  // s
  std::int64_t key_dim_;
  std::int64_t value_dim_;
  bool drops_;
  QueryKeyValue inputs_;
  TensorId scores_;
  TensorId weights_;
  TensorId mask_;
  TensorId dropped_;
  TensorId heads_output_;
  TensorId output_;

  TensorId dropped_gradient_;
  TensorId weights_gradient_;
  QueryKeyValue gradients_;
};

}  // namespace seqspan::sim
