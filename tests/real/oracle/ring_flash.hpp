// Ring attention as zhuzilin/ring-flash-attention runs it (ring_flash_attn.py,
// zigzag_ring_flash_attn.py, stripe_flash_attn.py; yunchang's ring/ are copies), r ranks.
//
// Forward, step i, rank k: the KV of rank k - i; K and V go on to rank k + 1 as two messages.
//   contiguous  i = 0 causal, 0 < i <= k all keys, i > k nothing (but K and V still travel)
//   zigzag      halves as in ring_transformer_engine.hpp
//   striped     i <= k causal; i > k queries 1 .. n-1 on keys 0 .. n-2, causal
//   The output is accumulated in fp32: o <- o - sigmoid(LSE_i - LSE) (o - o_i).
//   Saved: q, own k and v, o, LSE.
// Backward, same direction: K and V hop r - 1 times; dK and dV in fp32 hop after every one of the r
// steps, the last of which brings them home. dQ is added up in fp32.
#pragma once

#include "tests/real/oracle/attention.hpp"
#include "tests/real/oracle/grid.hpp"

namespace seqspan::oracle {

class FlashRing final : public Attention {
 public:
  FlashRing(Setting setting, const Group& ring, Order order)
      : at_(std::move(setting)), ring_(ring), order_(order) {}

  [[nodiscard]] Tensor forward(Tensor query, Tensor key, Tensor value) override;
  [[nodiscard]] LogSumExp log_sum_exp() const override;
  [[nodiscard]] Gradients backward(Tensor output_gradient) override;

 private:
  // Queries [first_query, + queries) meet keys [0, keys); none where both are 0.
  struct Meeting {
    std::int64_t first_query = 0;
    std::int64_t queries = 0;
    std::int64_t keys = 0;
  };
  [[nodiscard]] Meeting meeting(std::int64_t step) const;
  [[nodiscard]] Rows rows_at(std::int64_t step) const;
  [[nodiscard]] Queries queries_of(const Meeting& meeting) const;
  void merge(const Meeting& meeting, const Tensor& accumulator, const Tensor& partial,
             const Tensor& step) const;

  Setting at_;
  const Group& ring_;
  Order order_;
  Tensor query_;
  Tensor key_;
  Tensor value_;
  Tensor output_;
  Tensor log_sum_exp_;
};

}  // namespace seqspan::oracle
