#include "real/attention/attention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string_view>

namespace seqspan::real {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

std::size_t count(std::int64_t value) { return static_cast<std::size_t>(value); }

// Elements of [b, rows, heads, d].
std::size_t elements(const AttentionHeads& heads, std::size_t rows, std::int64_t of_heads) {
  return count(heads.batch) * rows * count(of_heads) * count(heads.head_dim);
}

// Where the vector of a row and head starts.
std::size_t offset(const AttentionHeads& heads, std::size_t rows, std::int64_t of_heads,
                   std::size_t batch, std::size_t row, std::size_t head) {
  return ((batch * rows + row) * count(of_heads) + head) * count(heads.head_dim);
}

float dot(const float* a, const float* b, std::size_t n) {
  float sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

void add_scaled(float* to, const float* from, float factor, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += factor * from[i];
}

sim::Result<void> refuse(std::string_view what, std::size_t given, std::size_t needed) {
  return sim::input_error(fmt::format("{} has {} elements", what, given), "",
                          fmt::format("its shape needs {}", needed));
}

struct Sized {
  std::string_view name;
  std::size_t given;
  std::size_t needed;
};

sim::Result<void> check_sizes(std::initializer_list<Sized> tensors) {
  for (const Sized& tensor : tensors) {
    if (tensor.given < tensor.needed) return refuse(tensor.name, tensor.given, tensor.needed);
  }
  return {};
}

sim::Result<void> check_inputs(const AttentionHeads& heads, const Queries& queries,
                               const KeysAndValues& keys) {
  if (heads.batch < 1 || heads.head_dim < 1 || heads.kv_heads < 1 || heads.query_heads < 1 ||
      heads.query_heads % heads.kv_heads != 0) {
    return sim::input_error(fmt::format("{} query heads over {} KV heads of {} dimensions",
                                        heads.query_heads, heads.kv_heads, heads.head_dim),
                            "", "query heads are a multiple of KV heads, and all are at least 1");
  }
  const auto documents = [](const Rows& rows) {
    return rows.documents.empty() || rows.documents.size() == rows.size();
  };
  if (!documents(queries.rows) || !documents(keys.rows)) {
    return sim::input_error("documents are not given for every row");
  }
  const std::size_t keys_needed = elements(heads, keys.rows.size(), heads.kv_heads);
  return check_sizes(
      {{"q", queries.values.size(), elements(heads, queries.rows.size(), heads.query_heads)},
       {"k", keys.keys.size(), keys_needed},
       {"v", keys.values.size(), keys_needed}});
}

sim::Result<void> check_output(const AttentionHeads& heads, std::size_t rows,
                               AttentionOutput output) {
  return check_sizes(
      {{"o", output.values.size(), elements(heads, rows, heads.query_heads)},
       {"LSE", output.lse.size(), count(heads.batch) * rows * count(heads.query_heads)}});
}

// One query head of one row over all keys.
class RowForward {
 public:
  RowForward(std::size_t dimensions, float* output) : dimensions_(dimensions), output_(output) {
    std::fill_n(output_, dimensions_, 0.0F);
  }

  void add(float score, const float* value) {
    if (score > maximum_) {
      const float shrink = std::exp(maximum_ - score);
      sum_ *= shrink;
      for (std::size_t i = 0; i < dimensions_; ++i) output_[i] *= shrink;
      maximum_ = score;
    }
    const float weight = std::exp(score - maximum_);
    sum_ += weight;
    add_scaled(output_, value, weight, dimensions_);
  }

  // Returns the LSE.
  float finish() {
    if (sum_ == 0) return kNothing;
    for (std::size_t i = 0; i < dimensions_; ++i) output_[i] /= sum_;
    return maximum_ + std::log(sum_);
  }

 private:
  std::size_t dimensions_;
  float* output_;
  float maximum_ = kNothing;
  float sum_ = 0;
};

}  // namespace

float AttentionHeads::scale() const { return 1.0F / std::sqrt(static_cast<float>(head_dim)); }

sim::Result<void> attention_forward(const AttentionHeads& heads, const Queries& queries,
                                    const KeysAndValues& keys, AttentionOutput output) {
  if (auto ok = check_inputs(heads, queries, keys); !ok) return ok;
  const std::size_t rows = queries.rows.size();
  if (auto ok = check_output(heads, rows, output); !ok) return ok;
  const std::size_t key_rows = keys.rows.size();
  const std::size_t d = count(heads.head_dim);
  const std::size_t query_heads = count(heads.query_heads);
  const std::size_t heads_per_kv = query_heads / count(heads.kv_heads);
  const float scale = heads.scale();

  for (std::size_t b = 0; b < count(heads.batch); ++b) {
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t head = 0; head < query_heads; ++head) {
        const std::size_t at = offset(heads, rows, heads.query_heads, b, row, head);
        RowForward forward(d, &output.values[at]);
        for (std::size_t key = 0; key < key_rows; ++key) {
          if (!sees(heads.mask, queries.rows, row, keys.rows, key)) continue;
          const std::size_t kv =
              offset(heads, key_rows, heads.kv_heads, b, key, head / heads_per_kv);
          forward.add(scale * dot(&queries.values[at], &keys.keys[kv], d), &keys.values[kv]);
        }
        output.lse[(b * rows + row) * query_heads + head] = forward.finish();
      }
    }
  }
  return {};
}

sim::Result<void> attention_backward(const AttentionHeads& heads, const Queries& queries,
                                     const KeysAndValues& keys, AttentionOutput output,
                                     std::span<const float> output_gradient,
                                     AttentionGradients gradients) {
  if (auto ok = check_inputs(heads, queries, keys); !ok) return ok;
  const std::size_t rows = queries.rows.size();
  if (auto ok = check_output(heads, rows, output); !ok) return ok;
  const std::size_t key_rows = keys.rows.size();
  const std::size_t of_queries = elements(heads, rows, heads.query_heads);
  const std::size_t of_keys = elements(heads, key_rows, heads.kv_heads);
  if (auto ok = check_sizes({{"dO", output_gradient.size(), of_queries},
                             {"dQ", gradients.queries.size(), of_queries},
                             {"dK", gradients.keys.size(), of_keys},
                             {"dV", gradients.values.size(), of_keys}});
      !ok) {
    return ok;
  }
  const std::size_t d = count(heads.head_dim);
  const std::size_t query_heads = count(heads.query_heads);
  const std::size_t heads_per_kv = query_heads / count(heads.kv_heads);
  const float scale = heads.scale();

  for (std::size_t b = 0; b < count(heads.batch); ++b) {
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t head = 0; head < query_heads; ++head) {
        const std::size_t at = offset(heads, rows, heads.query_heads, b, row, head);
        const float lse = output.lse[(b * rows + row) * query_heads + head];
        if (lse == kNothing) continue;
        const float* gradient = &output_gradient[at];
        const float shared = dot(gradient, &output.values[at], d);
        for (std::size_t key = 0; key < key_rows; ++key) {
          if (!sees(heads.mask, queries.rows, row, keys.rows, key)) continue;
          const std::size_t kv =
              offset(heads, key_rows, heads.kv_heads, b, key, head / heads_per_kv);
          const float score = scale * dot(&queries.values[at], &keys.keys[kv], d);
          const float weight = std::exp(score - lse);
          add_scaled(&gradients.values[kv], gradient, weight, d);
          const float of_score = scale * weight * (dot(gradient, &keys.values[kv], d) - shared);
          add_scaled(&gradients.queries[at], &keys.keys[kv], of_score, d);
          add_scaled(&gradients.keys[kv], &queries.values[at], of_score, d);
        }
      }
    }
  }
  return {};
}

}  // namespace seqspan::real
