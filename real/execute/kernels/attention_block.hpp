// Attention of queries against keys and values as the kernels' tensors have them: [rows, heads, d].
#pragma once

#include "real/execute/kernel.hpp"

namespace seqspan::real {

// `count` rows from `first` on. More than there are throw std::out_of_range.
[[nodiscard]] TokenRows part_of(const TokenRows& rows, std::int64_t first, std::int64_t count);

struct AttentionOperands {
  Floats query;
  std::int64_t query_heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t head_dim = 1;
  TokenRows query_rows;
  Floats key;
  Floats value;
  TokenRows key_rows;
};

// Writes o [rows, heads, d] and LSE [rows, heads]; adds two products for each pair of a query and a
// key that it sees.
[[nodiscard]] sim::Result<void> attend(const AttentionOperands& operands, const Floats& output,
                                       const Floats& lse, sim::Flops& flops);

struct AttentionBackward {
  Floats output;
  Floats lse;
  Floats output_gradient;
  Floats query_gradient;  // written
  Floats key_gradient;    // written
  Floats value_gradient;  // written
  // Scratch of flash attention: dQ, and with grouped heads dK and dV, at KV heads or at all query
  // heads. The sums are made there.
  Floats query_accumulator;
  const Operand* kv_accumulator = nullptr;
};

// Adds five products for each pair.
[[nodiscard]] sim::Result<void> attend_backward(const AttentionOperands& operands,
                                                const AttentionBackward& backward,
                                                sim::Flops& flops);

}  // namespace seqspan::real
