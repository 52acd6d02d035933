// Attention of a block of queries over a block of keys, in float32 on the CPU, forward and
// backward.
//
//   q [b, nq, a, d]   k, v [b, nk, g, d]   query head i reads KV head i g / a   (GQA; g = a: MHA)
//   score = scale q . k where the query sees the key, else nothing
//   LSE [b, nq, a] = log sum_k exp(score)          o = sum_k exp(score - LSE) v
// Online over the keys with a running maximum (FlashAttention, arXiv 2205.14135, algorithm 1). A
// query that sees no key of the block has o = 0 and LSE = -infinity, so that blocks can be merged:
//   LSE = log(exp(LSE1) + exp(LSE2))   o = o1 exp(LSE1 - LSE) + o2 exp(LSE2 - LSE)
// Backward of a block needs the LSE and o of the whole row, not of the block (algorithm 4):
//   p = exp(score - LSE)   dv += p^T do   dp = do v^T   ds = p (dp - sum_d(do o))
//   dq += scale ds k       dk += scale ds^T q
// These are what every ring step runs, so a ring that passes blocks in any order must end where one
// rank with all rows does.
//
// Errors: kInput where a tensor has fewer elements than its shape, or heads do not divide. Nothing
// is written then.
#pragma once

#include <cstdint>
#include <span>

#include "real/attention/rows.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::real {

struct AttentionHeads {
  std::int64_t batch = 1;
  std::int64_t query_heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t head_dim = 1;
  Mask mask = Mask::kCausal;

  // 1 / sqrt(d).
  [[nodiscard]] float scale() const;
};

struct KeysAndValues {
  Rows rows;
  std::span<const float> keys;
  std::span<const float> values;
};

struct Queries {
  Rows rows;
  std::span<const float> values;
};

// What a block gives, and what backward needs of the whole row.
struct AttentionOutput {
  std::span<float> values;  // [b, nq, a, d]
  std::span<float> lse;     // [b, nq, a]
};

[[nodiscard]] sim::Result<void> attention_forward(const AttentionHeads& heads,
                                                  const Queries& queries, const KeysAndValues& keys,
                                                  AttentionOutput output);

struct AttentionGradients {
  std::span<float> queries;  // [b, nq, a, d], added to
  std::span<float> keys;     // [b, nk, g, d], added to
  std::span<float> values;   // [b, nk, g, d], added to
};

// `output`: of the whole row. `output_gradient` [b, nq, a, d].
[[nodiscard]] sim::Result<void> attention_backward(
    const AttentionHeads& heads, const Queries& queries, const KeysAndValues& keys,
    AttentionOutput output, std::span<const float> output_gradient, AttentionGradients gradients);

}  // namespace seqspan::real
