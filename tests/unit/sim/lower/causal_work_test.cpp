#include "sim/lower/attention/causal_work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace seqspan::sim {
namespace {

// The ring rank that owns each token.
std::vector<std::int64_t> owners(RingOrder order, std::int64_t ring, std::int64_t sequence) {
  std::vector<std::int64_t> result;
  const std::int64_t tokens = sequence / ring;
  for (std::int64_t token = 0; token < sequence; ++token) {
    switch (order) {
      case RingOrder::kContiguous:
        result.push_back(token / tokens);
        break;
      case RingOrder::kZigzag: {
        const std::int64_t chunk = token / (tokens / 2);
        result.push_back(std::min(chunk, 2 * ring - 1 - chunk));
        break;
      }
      case RingOrder::kStriped:
        result.push_back(token % ring);
        break;
    }
  }
  return result;
}

// Unmasked pairs of a query of `rank` and a key of `source`, counted one by one.
std::int64_t count_pairs(const std::vector<std::int64_t>& owner, std::int64_t rank,
                         std::int64_t source) {
  std::int64_t pairs = 0;
  for (std::size_t query = 0; query < owner.size(); ++query) {
    if (owner[query] != rank) continue;
    for (std::size_t key = 0; key <= query; ++key) pairs += owner[key] == source ? 1 : 0;
  }
  return pairs;
}

class CausalWork : public testing::TestWithParam<std::int64_t> {};

TEST_P(CausalWork, EqualsABruteForceCountAtEveryHopOfEveryRank) {
  const std::int64_t ring = GetParam();
  const std::int64_t sequence = 6 * ring;  // an odd chunk of 3 under zigzag
  for (const RingOrder order : {RingOrder::kContiguous, RingOrder::kZigzag, RingOrder::kStriped}) {
    const auto owner = owners(order, ring, sequence);
    for (std::int64_t rank = 0; rank < ring; ++rank) {
      for (std::int64_t hop = 0; hop < ring; ++hop) {
        const std::int64_t source = (rank - hop + ring) % ring;
        EXPECT_EQ(ring_hop_pairs(order, sequence / ring, rank, hop),
                  count_pairs(owner, rank, source))
            << name_of(order) << " ring " << ring << " rank " << rank << " hop " << hop;
      }
    }
  }
}

std::vector<std::int64_t> work_by_rank(RingOrder order, std::int64_t ring, std::int64_t tokens) {
  std::vector<std::int64_t> work(static_cast<std::size_t>(ring));
  for (std::int64_t rank = 0; rank < ring; ++rank) {
    for (std::int64_t hop = 0; hop < ring; ++hop) {
      work[static_cast<std::size_t>(rank)] += ring_hop_pairs(order, tokens, rank, hop);
    }
  }
  return work;
}

TEST_P(CausalWork, ZigzagIsExactlyEvenAndNothingIsLost) {
  const std::int64_t ring = GetParam();
  const std::int64_t tokens = 8192;
  const std::int64_t sequence = ring * tokens;
  for (const RingOrder order : {RingOrder::kContiguous, RingOrder::kZigzag, RingOrder::kStriped}) {
    const auto work = work_by_rank(order, ring, tokens);
    EXPECT_EQ(std::accumulate(work.begin(), work.end(), std::int64_t{0}), causal_pairs(sequence));
  }
  const auto zigzag = work_by_rank(RingOrder::kZigzag, ring, tokens);
  EXPECT_TRUE(std::all_of(zigzag.begin(), zigzag.end(),
                          [&](std::int64_t w) { return w == causal_pairs(sequence) / ring; }));
}

// Rank k of a contiguous ring: n(n+1)/2 + k n^2. Over the mean s(s+1)/(2r) the last rank has
// (2r - 1 + 1/n) / (r + 1/n), 2 - 1/r for long sequences.
TEST_P(CausalWork, ContiguousIsTwiceTheMeanLessOnePart) {
  const std::int64_t ring = GetParam();
  const std::int64_t tokens = 1 << 20;
  const auto work = work_by_rank(RingOrder::kContiguous, ring, tokens);
  const double mean = static_cast<double>(causal_pairs(ring * tokens)) / static_cast<double>(ring);
  const double ratio = static_cast<double>(*std::max_element(work.begin(), work.end())) / mean;
  EXPECT_NEAR(ratio, 2.0 - 1.0 / static_cast<double>(ring), 1e-6);
  EXPECT_EQ(std::max_element(work.begin(), work.end()) - work.begin(), ring - 1);
}

INSTANTIATE_TEST_SUITE_P(UpTo16, CausalWork, testing::Range<std::int64_t>(1, 17));

}  // namespace
}  // namespace seqspan::sim
