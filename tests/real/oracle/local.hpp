// Attention over keys that are all here: one kernel call forward and one backward.
// Saved: q, k, v, o, LSE (Dao-AILab/flash-attention flash_attn_interface.py FlashAttnFunc).
#pragma once

#include "tests/real/oracle/attention.hpp"

namespace seqspan::oracle {

class LocalAttention final : public Attention {
 public:
  explicit LocalAttention(Setting setting) : at_(std::move(setting)) {}

  [[nodiscard]] Tensor forward(Tensor query, Tensor key, Tensor value) override;
  [[nodiscard]] LogSumExp log_sum_exp() const override;
  [[nodiscard]] Gradients backward(Tensor output_gradient) override;

 private:
  Setting at_;
  Tensor query_;
  Tensor key_;
  Tensor value_;
  Tensor output_;
  Tensor log_sum_exp_;
};

}  // namespace seqspan::oracle
