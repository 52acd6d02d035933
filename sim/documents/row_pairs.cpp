#include "sim/documents/row_pairs.hpp"

#include <algorithm>

namespace seqspan::sim {

RingPairs::RingPairs(RingOrder order, std::int64_t ring, std::int64_t sequence, bool causal)
    : order_(order),
      ring_(ring),
      chunk_(sequence / (order == RingOrder::kZigzag && ring > 1 ? 2 * ring : ring)),
      causal_(causal),
      by_rank_(static_cast<std::size_t>(ring)) {}

void RingPairs::begin_row() { std::fill(by_rank_.begin(), by_rank_.end(), 0.0); }

std::size_t RingPairs::rank_of_chunk(std::int64_t chunk) const {
  return static_cast<std::size_t>(chunk < ring_ ? chunk : 2 * ring_ - 1 - chunk);
}

void RingPairs::add_strided(std::int64_t start, std::int64_t stop) {
  for (std::int64_t rank = 0; rank < ring_; ++rank) {
    const std::int64_t first = start + ((rank - start) % ring_ + ring_) % ring_;
    if (first >= stop) continue;
    const std::int64_t count = (stop - 1 - first) / ring_ + 1;
    const std::int64_t last = first + (count - 1) * ring_;
    // As many keys as tokens from the start on; the mean of the first and the last query's.
    const double keys = causal_ ? static_cast<double>(first + last - 2 * start + 2) / 2
                                : static_cast<double>(stop - start);
    by_rank_[static_cast<std::size_t>(rank)] += static_cast<double>(count) * keys;
  }
}

void RingPairs::add(std::int64_t start, std::int64_t stop) {
  if (order_ == RingOrder::kStriped) {
    add_strided(start, stop);
    return;
  }
  for (std::int64_t begin = start; begin < stop;) {
    const std::int64_t chunk = begin / chunk_;
    const std::int64_t end = std::min(stop, (chunk + 1) * chunk_);
    by_rank_[rank_of_chunk(chunk)] += pairs_of_queries(start, stop, begin, end, causal_);
    begin = end;
  }
}

double RingPairs::busiest() const { return *std::max_element(by_rank_.begin(), by_rank_.end()); }

double whole_row_pairs(RingOrder order, std::int64_t ring, std::int64_t sequence, bool causal) {
  RingPairs pairs(order, ring, sequence, causal);
  pairs.begin_row();
  pairs.add(0, sequence);
  return pairs.busiest();
}

}  // namespace seqspan::sim
