// What one rank attends over once heads and sequence have been dealt out: the shapes that every
// attention method shares.
#pragma once

#include "sim/lower/framework_traits.hpp"
#include "sim/program/builder.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::sim {

// `tokens` query rows of this rank, of a sequence of `sequence` tokens.
struct HeadBlock {
  Extent batch;                      // b
  Extent tokens;                     // s/r: s under Ulysses alone, s/c for a ring alone
  Extent sequence;                   // s
  Extent query_heads;                // a/(t u)
  Extent kv_heads;                   // g/(t u), or 1 where KV heads are replicated
  Extent head_dim;                   // d, or d_k: of queries and keys
  Extent value_dim;                  // d, or d_v: of values and outputs
  bool causal = true;                // else every query sees all keys
  std::int64_t flash_attention = 0;  // of AttentionWork
  bool unpads = false;               // rows are packed for each call (flash_call.hpp)

  [[nodiscard]] Shape query() const { return {batch, tokens, query_heads, head_dim}; }
  [[nodiscard]] Shape key() const { return {batch, tokens, kv_heads, head_dim}; }
  [[nodiscard]] Shape value() const { return {batch, tokens, kv_heads, value_dim}; }
  [[nodiscard]] Shape output() const { return {batch, tokens, query_heads, value_dim}; }
  [[nodiscard]] Shape log_sum_exp() const { return {batch, tokens, query_heads}; }
  // Of one call on `keys` and `queries` of one sequence, whose mask leaves `pairs`: the first key
  // is seen by all queries, the last query sees all keys.
  [[nodiscard]] AttentionWork work(std::int64_t pairs, bool backward, std::int64_t keys,
                                   std::int64_t queries) const {
    return {batch.value * pairs,
            query_heads.value,
            head_dim.value,
            value_dim.value,
            backward,
            keys,
            queries,
            flash_attention,
            batch.value,
            1,
            queries,
            keys};
  }
};

struct QueryKeyValue {
  TensorId query{};
  TensorId key{};
  TensorId value{};
};

// How attention over the sequence is shared, and whose program is written.
struct ContextPlan {
  const Layout& layout;
  const FrameworkTraits& traits;
  const Training& training;
  std::int64_t ring_rank = 0;  // of r
};

// How the ranks of the ring share the sequence.
struct RingPlan {
  std::int64_t size = 1;  // r
  std::int64_t rank = 0;  // whose program is written
  RingOrder order = RingOrder::kZigzag;
  RingTraits traits{};
};

[[nodiscard]] inline Bytes size_of(Shape shape, DataType type) {
  return Bytes(shape.elements() * bytes_per_element(type));
}

// Scratch of one call of a flash-attention backward on the query rows of `block` and on `key_rows`,
// freed when the kernel returns: the tensors of one op, so every op has its own.
// dQ accumulated in fp32 and the sums of dO o by row (FlashAttention-2 and 3), LSE in base 2
// (FlashAttention-3), and for grouped heads dK and dV, either in fp32 at KV heads
// (FlashAttention-3) or in bf16 at all query heads (FlashAttention-2). Not padded to multiples of
// the kernel's tiles. Source: Dao-AILab/flash-attention csrc/flash_attn/flash_api.cpp,
// hopper/flash_api.cpp.
struct BackwardScratch {
  BackwardScratch(ProgramBuilder& builder, const HeadBlock& block, Extent key_rows,
                  bool expands_kv_gradients);

  TensorId query_gradient_accumulator{};
  TensorId row_sums{};
  TensorId kv_gradient_accumulator{};
  bool has_kv_accumulator = false;

  [[nodiscard]] Operands tensors() const;
};

}  // namespace seqspan::sim
