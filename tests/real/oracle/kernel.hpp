// Attention of some rows of queries over some rows of keys, as one call of a flash-attention
// kernel, in float32 and without blocks.
//
//   q, o, dO [nq, b, a, d]   k, v [nk, b, g, d]   LSE [nq, b, a]
// A query that sees none of the keys gets o = 0 and LSE = -infinity. Backward takes the LSE and o
// of the whole row: p = exp(score - LSE), dV = p^T dO, dS = p (dO v^T - sum_d dO o), dQ = dS k,
// dK = dS^T q (FlashAttention, arXiv 2205.14135, algorithm 4). Results are overwritten.
//
// KernelWorkspace: what the backward kernel allocates for itself and frees on return: dQ in fp32,
// and with grouped heads dK and dV, in fp32 at KV heads (FlashAttention-3 hopper/flash_api.cpp) or
// in bf16 at all query heads (FlashAttention-2 csrc/flash_attn/flash_api.cpp). Sums of dO o by row,
// in fp32, and in FlashAttention-3 LSE in base 2. Padding to multiples of the kernel's tiles is
// left out.
#pragma once

#include <cstdint>
#include <span>

#include "tests/real/oracle/ledger.hpp"
#include "tests/real/oracle/problem.hpp"
#include "tests/real/oracle/rows.hpp"

namespace seqspan::oracle {

// Of one rank.
struct Heads {
  std::int64_t batch = 1;
  std::int64_t query_heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t head_dim = 1;

  [[nodiscard]] std::int64_t query_row() const { return batch * query_heads * head_dim; }
  [[nodiscard]] std::int64_t kv_row() const { return batch * kv_heads * head_dim; }
  [[nodiscard]] std::int64_t lse_row() const { return batch * query_heads; }
};

using RowSpan = std::span<const std::int64_t>;

struct Queries {
  RowSpan rows;
  const float* values = nullptr;
};

struct Keys {
  RowSpan rows;
  const float* keys = nullptr;
  const float* values = nullptr;
};

void attend(const Heads& heads, const Mask& mask, Queries queries, Keys keys, float* output,
            float* log_sum_exp);

struct RowResult {
  const float* output = nullptr;
  const float* log_sum_exp = nullptr;
  const float* output_gradient = nullptr;
};

void attend_backward(const Heads& heads, const Mask& mask, Queries queries, Keys keys,
                     RowResult result, float* query_gradient, float* key_gradient,
                     float* value_gradient);

enum class Library : std::uint8_t { kFlashAttention2, kFlashAttention3 };

class KernelWorkspace {
 public:
  KernelWorkspace(Ledger& ledger, Library library, const Heads& heads, std::size_t query_rows,
                  std::size_t key_rows);

 private:
  Tensor query_gradient_;
  Tensor kv_gradients_;
  Tensor row_sums_;
};

}  // namespace seqspan::oracle
