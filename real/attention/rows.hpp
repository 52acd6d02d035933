// Which rows of the sequence a rank holds, and which keys a query may see.
//
// A row has a position in the sequence and belongs to a document. Under the causal mask a query
// sees the keys at its own position and before; with documents only those of its own document,
// whose rows are consecutive positions (packed sequences).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace seqspan::real {

struct Rows {
  std::span<const std::int64_t> positions;
  std::span<const std::int32_t> documents;  // by row; empty: all of one document

  [[nodiscard]] std::size_t size() const { return positions.size(); }
};

enum class Mask : std::uint8_t { kNone, kCausal };

[[nodiscard]] inline bool sees(Mask mask, const Rows& queries, std::size_t query, const Rows& keys,
                               std::size_t key) {
  if (mask == Mask::kCausal && keys.positions[key] > queries.positions[query]) return false;
  if (queries.documents.empty() || keys.documents.empty()) return true;
  return queries.documents[query] == keys.documents[key];
}

}  // namespace seqspan::real
