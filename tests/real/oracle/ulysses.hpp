// DeepSpeed-Ulysses (arXiv 2309.14509): an all-to-all turns a share of the rows into a share of the
// heads, attention runs, and an all-to-all turns its output back. With a ring inside it is the 2D
// scheme of USP (arXiv 2405.07719) and TransformerEngine's 'a2a+p2p'.
//
// u ranks; this rank holds n rows of all its a and g heads:
//   [n, b, a, d] -> all-to-all -> [u n, b, a/u, d]
// KV heads. g < u: each is repeated u/g times before the all-to-all (repeat_interleave), so that
// every rank gets one, and dK, dV are added up over the repeats after it (arXiv 2506.13996, ALST;
// DeepSpeed ulysses_sp.py). Then K and V cross the wire repeated.
//
// Rows: what arrives from rank 0, 1, ... is put into ascending order where the loader dealt zigzag
// rows over all c ranks (TransformerEngine reorder_seq_chunks_for_a2a_before_attn), else it already
// is as the core wants it.
// Order of the calls: position ids (DeepSpeed only: an all-gather of int64 [b, n], before the
// tensors are exchanged), Q, K, V; O; backward dO; dQ, dK, dV in TransformerEngine. In DeepSpeed
// and yunchang each all-to-all is an autograd function of its own, and autograd runs those whose
// gradients are there in the reverse of the order in which forward made them: dV, dK, dQ.
//
// What is held: a send copy until the function that made it returns, in TransformerEngine the send
// copies of Q, K and V until all three have arrived (flash_attn_a2a_communicate keeps them in a
// list), and in its backward, one function from dO to dQ, dK, dV, what forward saved, dO, and dQ,
// dK, dV on both sides of the exchange.
#pragma once

#include <functional>

#include "tests/real/oracle/attention.hpp"
#include "tests/real/oracle/grid.hpp"

namespace seqspan::oracle {

struct UlyssesHabits {
  bool reorders_chunks = false;    // TransformerEngine
  bool one_function = false;       // TransformerEngine
  bool gathers_positions = false;  // DeepSpeed
};

class UlyssesAttention final : public Attention {
 public:
  using MakeCore = std::function<std::unique_ptr<Attention>(Setting)>;

  // `setting`: before the all-to-all. `make_core` makes what runs after it.
  UlyssesAttention(Setting setting, const Group& group, UlyssesHabits habits,
                   const MakeCore& make_core);

  [[nodiscard]] Tensor forward(Tensor query, Tensor key, Tensor value) override;
  [[nodiscard]] LogSumExp log_sum_exp() const override;
  [[nodiscard]] Gradients backward(Tensor output_gradient) override;

 private:
  void gather_rows();
  void gather_positions();
  [[nodiscard]] Tensor repeat(Tensor tensor) const;
  [[nodiscard]] Tensor add_repeats(Tensor tensor) const;
  [[nodiscard]] Tensor to_heads(Tensor tensor, std::int64_t heads, const char* name);
  [[nodiscard]] Tensor pack_rows(const Tensor& tensor, std::int64_t heads) const;
  [[nodiscard]] Tensor send_rows(Tensor send, std::int64_t heads, const char* name);
  [[nodiscard]] Tensor gradient_to_rows(Tensor& tensor, std::int64_t heads, const char* name);
  void hold_in_list(const Tensor& tensor);
  [[nodiscard]] Tensor exchange(const Tensor& send) const;

  Setting at_;
  const Group& group_;
  UlyssesHabits habits_;
  std::int64_t wire_kv_heads_;       // max(g, u)
  Rows arriving_;                    // rows in the order in which they arrive
  std::vector<std::int64_t> place_;  // where the core wants the i-th arriving row
  std::vector<Tensor> function_;     // what the one function holds until it returns
  std::vector<Tensor> list_;         // what an exchange of several tensors holds until it returns
  std::unique_ptr<Attention> core_;
};

}  // namespace seqspan::oracle
