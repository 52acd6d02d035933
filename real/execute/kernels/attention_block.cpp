#include "real/execute/kernels/attention_block.hpp"

#include <stdexcept>

#include "real/attention/attention.hpp"

namespace seqspan::real {
namespace {

Rows rows_of(const TokenRows& rows) { return {rows.positions, rows.documents}; }

AttentionHeads heads_of(const AttentionOperands& operands, std::int64_t kv_heads) {
  return {.batch = 1,
          .query_heads = operands.query_heads,
          .kv_heads = kv_heads,
          .head_dim = operands.head_dim,
          .mask = Mask::kCausal};
}

// [rows, kv heads, d] to [rows, query heads, d].
std::vector<float> expand(const Floats& values, std::int64_t rows, const AttentionOperands& shape) {
  const std::int64_t repeats = shape.query_heads / shape.kv_heads;
  std::vector<float> expanded;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t head = 0; head < shape.query_heads; ++head) {
      for (std::int64_t i = 0; i < shape.head_dim; ++i) {
        expanded.push_back(values[(row * shape.kv_heads + head / repeats) * shape.head_dim + i]);
      }
    }
  }
  return expanded;
}

// And back: the sum over the query heads of a group.
void reduce(const Floats& expanded, const Floats& to, std::int64_t rows,
            const AttentionOperands& shape) {
  const std::int64_t repeats = shape.query_heads / shape.kv_heads;
  zero(to);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t head = 0; head < shape.query_heads; ++head) {
      for (std::int64_t i = 0; i < shape.head_dim; ++i) {
        to[(row * shape.kv_heads + head / repeats) * shape.head_dim + i] +=
            expanded[(row * shape.query_heads + head) * shape.head_dim + i];
      }
    }
  }
}

// So many products [1, d] x [d, 1] for every query head and key that it sees.
sim::Flops flops_of(const AttentionOperands& operands, double products) {
  double pairs = 0;
  for (std::size_t query = 0; query < operands.query_rows.positions.size(); ++query) {
    for (std::size_t key = 0; key < operands.key_rows.positions.size(); ++key) {
      if (sees(Mask::kCausal, rows_of(operands.query_rows), query, rows_of(operands.key_rows),
               key)) {
        ++pairs;
      }
    }
  }
  return sim::Flops(products * 2.0 * pairs * static_cast<double>(operands.query_heads) *
                    static_cast<double>(operands.head_dim));
}

}  // namespace

TokenRows part_of(const TokenRows& rows, std::int64_t first, std::int64_t count) {
  const std::int64_t end = first + count;
  if (first < 0 || count < 0 || end > std::ssize(rows.positions)) {
    throw std::out_of_range("more rows than there are tokens");
  }
  return {{rows.positions.begin() + first, rows.positions.begin() + end},
          {rows.documents.begin() + first, rows.documents.begin() + end}};
}

sim::Result<void> attend(const AttentionOperands& operands, const Floats& output, const Floats& lse,
                         sim::Flops& flops) {
  flops += flops_of(operands, 2);
  return attention_forward(heads_of(operands, operands.kv_heads),
                           {rows_of(operands.query_rows), operands.query.span()},
                           {rows_of(operands.key_rows), operands.key.span(), operands.value.span()},
                           {output.span(), lse.span()});
}

sim::Result<void> attend_backward(const AttentionOperands& operands,
                                  const AttentionBackward& backward, sim::Flops& flops) {
  flops += flops_of(operands, 5);
  const auto key_rows = static_cast<std::int64_t>(operands.key_rows.positions.size());
  const bool is_grouped = operands.kv_heads < operands.query_heads;
  if (is_grouped && backward.kv_accumulator == nullptr) {
    throw std::out_of_range("grouped heads without a sum of dK, dV");
  }
  const std::int64_t heads = is_grouped ? backward.kv_accumulator->extent(2) : operands.kv_heads;
  Floats key_sum = backward.key_gradient;
  Floats value_sum = backward.value_gradient;
  if (is_grouped) {
    const std::int64_t half = key_rows * heads * operands.head_dim;
    key_sum = backward.kv_accumulator->values().part(0, half);
    value_sum = backward.kv_accumulator->values().part(half, half);
  }
  std::vector<float> keys(operands.key.span().begin(), operands.key.span().end());
  std::vector<float> values(operands.value.span().begin(), operands.value.span().end());
  if (heads != operands.kv_heads) {
    keys = expand(operands.key, key_rows, operands);
    values = expand(operands.value, key_rows, operands);
  }
  zero(backward.query_accumulator);
  zero(key_sum);
  zero(value_sum);
  sim::Result<void> done = attention_backward(
      heads_of(operands, heads), {rows_of(operands.query_rows), operands.query.span()},
      {rows_of(operands.key_rows), keys, values}, {backward.output.span(), backward.lse.span()},
      backward.output_gradient.span(),
      {backward.query_accumulator.span(), key_sum.span(), value_sum.span()});
  if (!done) return done;
  copy(backward.query_accumulator, backward.query_gradient);
  if (!is_grouped) return {};
  if (heads == operands.kv_heads) {
    copy(key_sum, backward.key_gradient);
    copy(value_sum, backward.value_gradient);
  } else {
    reduce(key_sum, backward.key_gradient, key_rows, operands);
    reduce(value_sum, backward.value_gradient, key_rows, operands);
  }
  return {};
}

}  // namespace seqspan::real
