#include "tests/real/oracle/kernel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace seqspan::oracle {
namespace {

float dot(const float* x, const float* y, std::int64_t count) {
  float sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += x[i] * y[i];
  return sum;
}

void add(float* to, float factor, const float* from, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

void clear(float* values, std::size_t rows, std::int64_t row) {
  std::fill_n(values, static_cast<std::int64_t>(rows) * row, 0.0F);
}

// Calls visit(sequence, query row, its place in q, the head's first element in a key row) for every
// query of every head.
template <class Visit>
void for_each_query(const Heads& heads, RowSpan rows, Visit visit) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::int64_t batch = 0; batch < heads.batch; ++batch) {
      for (std::int64_t head = 0; head < heads.query_heads; ++head) {
        const std::int64_t at =
            (static_cast<std::int64_t>(i) * heads.batch + batch) * heads.query_heads + head;
        const std::int64_t kv_head = head * heads.kv_heads / heads.query_heads;
        visit(batch, rows[i], at, (batch * heads.kv_heads + kv_head) * heads.head_dim);
      }
    }
  }
}

// Calls visit(key's place in k and v) for every key that the query sees.
template <class Visit>
void for_each_seen(const Heads& heads, const Mask& mask, RowSpan keys, std::int64_t batch,
                   std::int64_t query, std::int64_t in_row, Visit visit) {
  for (std::size_t j = 0; j < keys.size(); ++j) {
    if (mask.sees(query, keys[j], batch)) {
      visit(static_cast<std::int64_t>(j) * heads.kv_row() + in_row);
    }
  }
}

float scale_of(const Heads& heads) { return 1.0F / std::sqrt(static_cast<float>(heads.head_dim)); }

}  // namespace

void attend(const Heads& heads, const Mask& mask, Queries queries, Keys keys, float* output,
            float* log_sum_exp) {
  const std::int64_t d = heads.head_dim;
  const float scale = scale_of(heads);
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  clear(output, queries.rows.size(), heads.query_row());
  for_each_query(heads, queries.rows,
                 [&](std::int64_t batch, std::int64_t row, std::int64_t at, std::int64_t in_row) {
                   const float* q = queries.values + at * d;
                   const auto seen = [&](auto visit) {
                     for_each_seen(heads, mask, keys.rows, batch, row, in_row, visit);
                   };
                   float highest = kNone;
                   seen([&](std::int64_t key) {
                     highest = std::max(highest, scale * dot(q, keys.keys + key, d));
                   });
                   float sum = 0;
                   seen([&](std::int64_t key) {
                     const float p = std::exp(scale * dot(q, keys.keys + key, d) - highest);
                     sum += p;
                     add(output + at * d, p, keys.values + key, d);
                   });
                   log_sum_exp[at] = sum > 0 ? highest + std::log(sum) : kNone;
                   for (std::int64_t i = 0; i < d && sum > 0; ++i) output[at * d + i] /= sum;
                 });
}

void attend_backward(const Heads& heads, const Mask& mask, Queries queries, Keys keys,
                     RowResult result, float* query_gradient, float* key_gradient,
                     float* value_gradient) {
  const std::int64_t d = heads.head_dim;
  const float scale = scale_of(heads);
  clear(query_gradient, queries.rows.size(), heads.query_row());
  clear(key_gradient, keys.rows.size(), heads.kv_row());
  clear(value_gradient, keys.rows.size(), heads.kv_row());
  for_each_query(heads, queries.rows,
                 [&](std::int64_t batch, std::int64_t row, std::int64_t at, std::int64_t in_row) {
                   const float* q = queries.values + at * d;
                   const float* gradient = result.output_gradient + at * d;
                   const float row_sum = dot(gradient, result.output + at * d, d);
                   for_each_seen(heads, mask, keys.rows, batch, row, in_row, [&](std::int64_t key) {
                     const float p =
                         std::exp(scale * dot(q, keys.keys + key, d) - result.log_sum_exp[at]);
                     const float ds = scale * p * (dot(gradient, keys.values + key, d) - row_sum);
                     add(value_gradient + key, p, gradient, d);
                     add(query_gradient + at * d, ds, keys.keys + key, d);
                     add(key_gradient + key, ds, q, d);
                   });
                 });
}

KernelWorkspace::KernelWorkspace(Ledger& ledger, Library library, const Heads& heads,
                                 std::size_t query_rows, std::size_t key_rows)
    : query_gradient_(ledger, "kernel: dQ in fp32", Stored::kFloat32,
                      static_cast<std::int64_t>(query_rows) * heads.query_row()),
      row_sums_(ledger, "kernel: row sums", Stored::kFloat32,
                (library == Library::kFlashAttention2 ? 1 : 2) *
                    static_cast<std::int64_t>(query_rows) * heads.lse_row()) {
  if (heads.kv_heads == heads.query_heads) return;
  const auto keys = static_cast<std::int64_t>(key_rows);
  kv_gradients_ =
      library == Library::kFlashAttention2
          ? Tensor(ledger, "kernel: dK, dV at query heads", Stored::kBFloat16,
                   2 * keys * heads.query_row())
          : Tensor(ledger, "kernel: dK, dV in fp32", Stored::kFloat32, 2 * keys * heads.kv_row());
}

}  // namespace seqspan::oracle
