// Which rows of the sequence a rank holds, and cutting rows and heads out of whole tensors.
//
// n ranks, s rows:
//   contiguous  rank k: rows [k s/n, (k+1) s/n)
//   zigzag      2n chunks of s/(2n) rows; rank k: chunks k and 2n-1-k, in this order
//               (TransformerEngine "DualChunkSwap", zhuzilin/ring-flash-attention zigzag)
//   striped     rank k: rows k, k + n, k + 2n, ... (Striped Attention, arXiv 2311.09431)
#pragma once

#include <cstdint>
#include <vector>

namespace seqspan::oracle {

using Rows = std::vector<std::int64_t>;

enum class Order : std::uint8_t { kContiguous, kZigzag, kStriped };

[[nodiscard]] Rows rows_of(Order order, std::int64_t sequence, std::int64_t ranks,
                           std::int64_t rank);

// Part `part` of `parts` equal runs of `rows`.
[[nodiscard]] Rows part_of(const Rows& rows, std::int64_t parts, std::int64_t part);

// Rows of [s, width].
template <class T>
[[nodiscard]] std::vector<T> take_rows(const std::vector<T>& whole, const Rows& rows,
                                       std::int64_t width) {
  std::vector<T> taken;
  taken.reserve(rows.size() * static_cast<std::size_t>(width));
  for (const std::int64_t row : rows) {
    const auto first = whole.begin() + row * width;
    taken.insert(taken.end(), first, first + width);
  }
  return taken;
}

// Columns [first, first + count) of [rows, width].
template <class T>
[[nodiscard]] std::vector<T> take_columns(const std::vector<T>& whole, std::int64_t width,
                                          std::int64_t first, std::int64_t count) {
  std::vector<T> taken;
  for (auto row = whole.begin(); row != whole.end(); row += width) {
    taken.insert(taken.end(), row + first, row + first + count);
  }
  return taken;
}

}  // namespace seqspan::oracle
