// All-gather attention as TransformerEngine runs it (context_parallel.py,
// AttnFuncWithCPAndKVAllGather) over zigzag rows, r ranks, m = s/(2r) rows in a chunk.
//
// Forward: all-gather K, all-gather V, both put into the order of the sequence; chunk k of rank k
// attends to rows [0, (k+1) m), chunk 2r-1-k to rows [0, (2r-k) m), each into an output of its own,
// which are copied together.                     Saved: q, own k and v, o, LSE of the two chunks.
// Backward: gathers K and V again; dK and dV of all rows in the type of K are added up over the two
// chunks, put back into the order of the ranks, and reduce-scattered.
// Needed: outputs where they belong, and gradients added up there; those of the chunks are only
// held, in lists, and K and V of all rows in variables, until the function returns.
// (TransformerEngine of 2025 saved the chunks' outputs besides o: o twice.)
#pragma once

#include "tests/real/oracle/attention.hpp"
#include "tests/real/oracle/grid.hpp"

namespace seqspan::oracle {

class AllGatherAttention final : public Attention {
 public:
  AllGatherAttention(Setting setting, const Group& group);

  [[nodiscard]] Tensor forward(Tensor query, Tensor key, Tensor value) override;
  [[nodiscard]] LogSumExp log_sum_exp() const override;
  [[nodiscard]] Gradients backward(Tensor output_gradient) override;

 private:
  struct Gathered {
    Tensor key;
    Tensor value;
  };
  [[nodiscard]] Tensor gather(const Tensor& own, const char* name) const;
  [[nodiscard]] Gathered gather_both() const;
  [[nodiscard]] Tensor in_order(Tensor of_ranks, const char* name) const;
  [[nodiscard]] Tensor by_rank(Tensor whole) const;
  [[nodiscard]] Tensor scatter(const Tensor& of_ranks, const char* name) const;
  // Chunk 0 or 1 of this rank and the keys that it can see.
  [[nodiscard]] Queries queries_of(std::int64_t chunk) const;
  [[nodiscard]] RowSpan keys_of(std::int64_t chunk) const;

  Setting at_;
  const Group& group_;
  Rows all_;       // 0 .. s-1
  Rows of_ranks_;  // rows in the order in which ranks hold them
  Tensor query_;
  Tensor key_;
  Tensor value_;
  Tensor output_;
  std::array<Tensor, 2> log_sum_exp_;
};

}  // namespace seqspan::oracle
