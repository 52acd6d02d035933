#include "real/execute/sequence_share.hpp"

namespace seqspan::real {
namespace {

void append(Positions& positions, std::int64_t first, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) positions.push_back(first + i);
}

// Chunks `index` and 2n-1-index of 2n.
Positions zigzag(std::int64_t sequence, std::int64_t ranks, std::int64_t index) {
  const std::int64_t chunk = sequence / (2 * ranks);
  Positions positions;
  append(positions, index * chunk, chunk);
  append(positions, (2 * ranks - 1 - index) * chunk, chunk);
  return positions;
}

}  // namespace

Positions ring_positions(const sim::Layout& layout, std::int64_t sequence,
                         std::int64_t ring_index) {
  const std::int64_t tokens = sequence / layout.ring;
  Positions positions;
  if (layout.ring == 1) {
    append(positions, 0, sequence);
  } else if (layout.kv_exchange == sim::KvExchange::kAllGather ||
             layout.ring_order == sim::RingOrder::kZigzag) {
    positions = zigzag(sequence, layout.ring, ring_index);
  } else if (layout.ring_order == sim::RingOrder::kContiguous) {
    append(positions, ring_index * tokens, tokens);
  } else {
    for (std::int64_t i = 0; i < tokens; ++i) positions.push_back(ring_index + i * layout.ring);
  }
  return positions;
}

Positions rank_positions(const sim::Layout& layout, const sim::FrameworkTraits& traits,
                         std::int64_t sequence, std::int64_t ulysses_index,
                         std::int64_t ring_index) {
  if (layout.cp() == 1) return ring_positions(layout, sequence, 0);
  if (traits.zigzag_everywhere) {
    return zigzag(sequence, layout.cp(), ulysses_index + layout.ulysses * ring_index);
  }
  const Positions all = ring_positions(layout, sequence, ring_index);
  const auto share = static_cast<std::ptrdiff_t>(sequence / layout.cp());
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(ulysses_index) * share;
  return {begin, begin + share};
}

}  // namespace seqspan::real
