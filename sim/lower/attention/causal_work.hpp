// Exact numbers of unmasked query-key pairs of causal attention, per head and sequence.
//
// A ring of r ranks holds n = s/r tokens each. At hop i rank k sees the keys of rank k - i (mod r).
//   contiguous  rank k owns rows [k n, (k+1) n).  hop 0: n(n+1)/2; hop i: n^2 if i <= k, else 0.
//               max/mean over ranks = 2 - 1/r.
//   zigzag      2r chunks of m = n/2; rank k owns chunks k and 2r-1-k. hop 0: 2m^2 + m; hop i: 2m^2
//               (i <= k: all queries on the first half of the keys; i > k: the second half of the
//               queries on all keys). Every rank: s(s+1)/(2r).
//   striped     token j belongs to rank j mod r. keys of a rank <= k: n(n+1)/2, of a rank > k:
//               n(n-1)/2.
// Sources: TransformerEngine context_parallel.py; zhuzilin/ring-flash-attention; checked against a
// brute-force count of pairs for all r up to 16 (tests/unit/sim/lower).
#pragma once

#include <cstdint>

#include "sim/spec/layout.hpp"

namespace seqspan::sim {

constexpr std::int64_t causal_pairs(std::int64_t sequence) { return sequence * (sequence + 1) / 2; }

// Pairs that rank `rank` of a ring of `ring` ranks works on at hop `hop`, with `tokens` = s/ring.
constexpr std::int64_t ring_hop_pairs(RingOrder order, std::int64_t tokens, std::int64_t rank,
                                      std::int64_t hop) {
  switch (order) {
    case RingOrder::kContiguous:
      if (hop == 0) return causal_pairs(tokens);
      return hop <= rank ? tokens * tokens : 0;
    case RingOrder::kZigzag: {
      const std::int64_t chunk = tokens / 2;
      return 2 * chunk * chunk + (hop == 0 ? chunk : 0);
    }
    case RingOrder::kStriped:
      return hop <= rank ? causal_pairs(tokens) : causal_pairs(tokens - 1);
  }
  return 0;
}

// Rows of queries and of keys that a hop's kernel is given: what partial results and scratch hold.
// The last so many queries, and the first so many keys. Zigzag halves one of them at every hop but
// the first; striped leaves out the first query and the last key, which no key or query of the
// other rank goes with, where the keys' rank comes after this one.
constexpr std::int64_t ring_hop_queries(RingOrder order, std::int64_t tokens, std::int64_t rank,
                                        std::int64_t hop) {
  if (hop <= rank) return tokens;
  if (order == RingOrder::kZigzag) return tokens / 2;
  return order == RingOrder::kStriped ? tokens - 1 : tokens;
}
constexpr std::int64_t ring_hop_keys(RingOrder order, std::int64_t tokens, std::int64_t rank,
                                     std::int64_t hop) {
  if (order == RingOrder::kZigzag) return hop > 0 && hop <= rank ? tokens / 2 : tokens;
  return order == RingOrder::kStriped && hop > rank ? tokens - 1 : tokens;
}

}  // namespace seqspan::sim
