// The attention half of a layer under Megatron's tensor parallelism with sequence parallelism
// (Korthikanti et al., arXiv 2205.05198, section 4.2; Megatron-LM core/tensor_parallel/layers.py
// LinearWithGradAccumulationAndAsyncCommunication), norms and residuals left out. t ranks, each
// with n/t of the n rows outside and all n rows of a/t and g/t heads inside.
//
// Forward: all-gather x [n, b, h]; QKV = x W_qkv (columns of this rank); attention; y = o W_o (rows
// of this rank), added up and scattered by a reduce-scatter.                       2 collectives
// Backward: all-gather dy; dO = dy W_o^T, dW_o = o^T dy; attention backward; all-gather x again;
// dx = dQKV W_qkv^T, added up and scattered; dW_qkv = x^T dQKV.                    3 collectives
//
// Columns of W_qkv by KV head: its a/g query heads, the key, the value ("mixed QKV"). Where g < t,
// a rank's columns are a part of one KV head's; then QKV is all-gathered over its last dimension,
// every rank takes its own query heads and the KV head that they share, and backward
// reduce-scatters dQKV (megatron/core/transformer/attention.py).             1 collective more each
#pragma once

#include "tests/real/oracle/attention.hpp"
#include "tests/real/oracle/grid.hpp"

namespace seqspan::oracle {

// Of the whole layer: a, g before any split.
struct LayerHeads {
  Heads heads;
  std::int64_t hidden = 1;

  [[nodiscard]] std::int64_t qkv_width() const {
    return (heads.query_heads + 2 * heads.kv_heads) * heads.head_dim;
  }
  [[nodiscard]] std::int64_t query_width() const { return heads.query_heads * heads.head_dim; }
};

// Heads of one tensor parallel rank.
[[nodiscard]] Heads heads_of_rank(const LayerHeads& layer, std::int64_t ranks);

class TensorParallelHalf {
 public:
  // `qkv` [h, (a + 2 g) d / t] and `output` [a d / t, h] of this rank. `rows`: of the context
  // parallel rank, all of them. `attention` works on heads_of_rank.
  TensorParallelHalf(Ledger& ledger, const LayerHeads& layer, const Group& group, Rows rows,
                     std::vector<float> qkv, std::vector<float> output,
                     std::unique_ptr<Attention> attention);

  // x and y: this rank's n/t rows.
  [[nodiscard]] std::vector<float> forward(const std::vector<float>& input);

  struct Result {
    std::vector<float> input;   // dx, this rank's n/t rows
    std::vector<float> qkv;     // dW_qkv of this rank
    std::vector<float> output;  // dW_o of this rank
  };
  [[nodiscard]] Result backward(const std::vector<float>& output_gradient);

 private:
  [[nodiscard]] std::int64_t lines() const;
  [[nodiscard]] bool gathers_heads() const;
  [[nodiscard]] std::int64_t seen_width() const;
  [[nodiscard]] std::vector<float> gather_rows(const std::vector<float>& shard) const;
  [[nodiscard]] std::vector<float> scatter_rows(const std::vector<float>& partial) const;
  [[nodiscard]] std::vector<float> gather_heads(const std::vector<float>& projected) const;
  [[nodiscard]] std::vector<float> scatter_heads(const std::vector<float>& partial) const;
  // Visits (column in mixed QKV, tensor 0 = q, 1 = k, 2 = v, head in that tensor).
  template <class Visit>
  void for_each_head(Visit visit) const;

  Ledger& ledger_;
  LayerHeads layer_;
  const Group& group_;
  Rows rows_;
  Heads heads_;  // of this rank
  std::vector<float> qkv_weight_;
  std::vector<float> output_weight_;
  std::unique_ptr<Attention> attention_;
  std::vector<float> input_;
  Tensor attended_;
};

}  // namespace seqspan::oracle
