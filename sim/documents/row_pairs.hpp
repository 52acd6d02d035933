// Unmasked query-key pairs of rows that are packed of documents, per head.
//
// A query sees keys of its own document only: a document of l tokens has l (l + 1) / 2 causal
// pairs, or l^2 without a causal mask. A ring of r ranks shares them out
//   per document  each document as a row of its own (TransformerEngine's THD layout): every rank
//                 has 1/r of each document's pairs, or what its order leaves of it
//   whole row     the row, whatever is in it: a rank has the pairs of its own queries.
//                 zigzag: rank k owns chunks k and 2r-1-k of 2r; contiguous: the k-th of r parts;
//                 striped: every r-th token from k on.
// Checked against a count of every pair (tests/unit/sim/documents/row_pairs_test.cpp).
// Source: TransformerEngine context_parallel.py; Megatron-LM core/utils.py
// get_batch_on_this_cp_rank.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/spec/layout.hpp"

namespace seqspan::sim {

constexpr double document_pairs(std::int64_t length, bool causal) {
  const auto l = static_cast<double>(length);
  return causal ? l * (l + 1) / 2 : l * l;
}

// Pairs of the queries [begin, end) of a document that starts at `start` and ends before `stop`.
constexpr double pairs_of_queries(std::int64_t start, std::int64_t stop, std::int64_t begin,
                                  std::int64_t end, bool causal) {
  const auto count = static_cast<double>(end - begin);
  if (!causal) return count * static_cast<double>(stop - start);
  // begin - start + 1 keys for the first query, end - start for the last.
  return count * static_cast<double>(begin + end - 2 * start + 1) / 2;
}

// Adds up what each rank of a ring works on in a row that is shared out whole.
class RingPairs {
 public:
  RingPairs(RingOrder order, std::int64_t ring, std::int64_t sequence, bool causal);

  void begin_row();
  // Tokens [start, stop) of the row; documents come in order.
  void add(std::int64_t start, std::int64_t stop);

  [[nodiscard]] std::span<const double> by_rank() const { return by_rank_; }
  [[nodiscard]] double busiest() const;

 private:
  [[nodiscard]] std::size_t rank_of_chunk(std::int64_t chunk) const;
  void add_strided(std::int64_t start, std::int64_t stop);

  RingOrder order_;
  std::int64_t ring_;
  std::int64_t chunk_;  // tokens of one
  bool causal_;
  std::vector<double> by_rank_;
};

// Pairs of the rank whose program is lowered (sim/lower), with a row of one document: those that
// the load of a row is counted in.
[[nodiscard]] double whole_row_pairs(RingOrder order, std::int64_t ring, std::int64_t sequence,
                                     bool causal);

}  // namespace seqspan::sim
