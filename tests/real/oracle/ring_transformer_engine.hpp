// Ring attention as TransformerEngine runs it (context_parallel.py, AttnFuncWithCPAndKVP2P), over
// zigzag rows, r ranks. U = K and V of one rank, one flat buffer.
//
// Forward, step i = 0 .. r-1, rank k: attends to the KV of rank k - i, while the hop to rank k + 1
// is under way.
//   i = 0     all queries, own KV, causal
//   i <= k    all queries, first half of the KV           else: second half of the queries, all KV
//   Every received KV, every partial output and its LSE are kept until the end; LSE is corrected
//   step by step, the outputs are scaled by exp(LSE_i - LSE) and added once at the end.
//   Hops: r - 1 of U.                  Saved: q, the KV received last (of rank k + 1), o, LSE.
// Backward goes the other way round: step i has the KV of rank k + 1 + i, sends to rank k - 1.
//   i = 0        sends KV (U)          i = r-1   sends dK, dV (U), attends to the own KV
//   in between   KV with the dK, dV that the ranks before have added up (2 U in one message)
//   Two buffers of KV and dK, dV (2 U each), made at the start, take turns. dK, dV stay in the type
//   of K; those that come home are handed on where they lie.
// Needed of these buffers at a step: what is sent, what arrives and what is attended to; the saved
// KV at step 0 only. All of it is held until backward returns.
#pragma once

#include "tests/real/oracle/attention.hpp"
#include "tests/real/oracle/grid.hpp"

namespace seqspan::oracle {

class TransformerEngineRing final : public Attention {
 public:
  TransformerEngineRing(Setting setting, const Group& ring)
      : at_(std::move(setting)), ring_(ring) {}

  [[nodiscard]] Tensor forward(Tensor query, Tensor key, Tensor value) override;
  [[nodiscard]] LogSumExp log_sum_exp() const override;
  [[nodiscard]] Gradients backward(Tensor output_gradient) override;

 private:
  // Which rows of queries and of keys meet.
  struct Meeting {
    std::int64_t first_query = 0;
    std::int64_t queries = 0;
    std::int64_t keys = 0;
  };
  [[nodiscard]] Meeting meeting(std::int64_t owner) const;
  [[nodiscard]] Queries queries_of(const Meeting& meeting) const;
  [[nodiscard]] Keys keys_of(const Meeting& meeting, const Rows& owner_rows, const float* kv) const;
  [[nodiscard]] Rows rows_of_rank(std::int64_t rank) const;
  void correct(const Meeting& meeting, const Tensor& step);
  void merge(const Meeting& meeting, const Tensor& partial, const Tensor& step, bool first);
  void attend_backward_step(const Rows& owner_rows, const Meeting& meeting, const float* kv,
                            const Tensor& output_gradient, const Tensor& step_query,
                            const Tensor& step_kv) const;

  Setting at_;
  const Group& ring_;
  Tensor query_;
  Tensor kv_;
  Tensor output_;
  Tensor log_sum_exp_;
};

}  // namespace seqspan::oracle
