#include "sim/documents/row_pairs.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "sim/lower/attention/causal_work.hpp"

namespace seqspan::sim {
namespace {

std::int64_t owner(RingOrder order, std::int64_t ring, std::int64_t sequence, std::int64_t token) {
  if (order == RingOrder::kStriped) return token % ring;
  if (order == RingOrder::kContiguous || ring == 1) return token / (sequence / ring);
  const std::int64_t chunk = token / (sequence / (2 * ring));
  return chunk < ring ? chunk : 2 * ring - 1 - chunk;
}

// Every query against every key of its document.
std::vector<double> count(RingOrder order, std::int64_t ring, const std::vector<std::int64_t>& rows,
                          bool causal) {
  const std::int64_t sequence = std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
  std::vector<double> by_rank(static_cast<std::size_t>(ring));
  std::int64_t start = 0;
  for (const std::int64_t length : rows) {
    for (std::int64_t query = start; query < start + length; ++query) {
      for (std::int64_t key = start; key < start + length; ++key) {
        if (causal && key > query) continue;
        by_rank[static_cast<std::size_t>(owner(order, ring, sequence, query))] += 1;
      }
    }
    start += length;
  }
  return by_rank;
}

RC_GTEST_PROP(RingPairs, AreACountOfEveryPair, ()) {
  const auto order =
      *rc::gen::element(RingOrder::kZigzag, RingOrder::kContiguous, RingOrder::kStriped);
  const auto ring = *rc::gen::inRange<std::int64_t>(1, 6);
  const std::int64_t sequence = 2 * ring * *rc::gen::inRange<std::int64_t>(1, 8);
  const bool causal = *rc::gen::arbitrary<bool>();
  std::vector<std::int64_t> rows;
  for (std::int64_t left = sequence; left > 0; left -= rows.back()) {
    rows.push_back(*rc::gen::inRange<std::int64_t>(1, left + 1));
  }
  RingPairs pairs(order, ring, sequence, causal);
  pairs.begin_row();
  std::int64_t start = 0;
  for (const std::int64_t length : rows) {
    pairs.add(start, start + length);
    start += length;
  }
  const std::vector<double> expected = count(order, ring, rows, causal);
  RC_ASSERT(std::equal(expected.begin(), expected.end(), pairs.by_rank().begin()));
}

// shared/reference, 2.1: one document contiguous max/mean = 2 - 1/c (1.5, 1.75, 1.875), zigzag 1,
// striped 1 + O(c/s): (n + (c-1)/... ) below 1.5 % at 64 tokens a rank.
TEST(RingPairs, BalanceOfOneDocument) {
  for (const std::int64_t c : {2, 4, 8}) {
    const std::int64_t s = 64 * c;
    const double mean = document_pairs(s, true) / static_cast<double>(c);
    const auto ratio = [&](RingOrder order) { return whole_row_pairs(order, c, s, true) / mean; };
    // (n (n+1)/2 + (c-1) n^2) c / (s (s+1)/2) with n = 64: 2 - 1/c but for the diagonal.
    EXPECT_NEAR(ratio(RingOrder::kContiguous), 2 - 1.0 / static_cast<double>(c), 0.01);
    EXPECT_DOUBLE_EQ(ratio(RingOrder::kZigzag), 1);
    EXPECT_GT(ratio(RingOrder::kStriped), 1);
    EXPECT_LT(ratio(RingOrder::kStriped), 1.015);
  }
}

// What a load of 1 stands for is what is lowered: the hops of the last rank.
TEST(RingPairs, WholeRowIsWhatIsLowered) {
  for (const RingOrder order : {RingOrder::kZigzag, RingOrder::kContiguous, RingOrder::kStriped}) {
    for (const std::int64_t ring : {2, 4, 8}) {
      std::int64_t lowered = 0;
      for (std::int64_t hop = 0; hop < ring; ++hop) {
        lowered += ring_hop_pairs(order, 256, ring - 1, hop);
      }
      EXPECT_DOUBLE_EQ(whole_row_pairs(order, ring, 256 * ring, true),
                       static_cast<double>(lowered));
    }
  }
}

// A row of 2c documents of m tokens over zigzag chunks of m: each rank has two whole documents,
// m (m + 1). Two documents of s/2 over 2 ranks: chunks 0 and 3 of rank 0 are the first half of the
// first and the second half of the second, m (m+1)/2 and m^2 + m (m+1)/2: all alike. A document of
// 3/4 and one of 1/4: rank 0 has chunk 0 and the short document, rank 1 chunks 1 and 2,
// 3 m^2 + m (m+1): max/mean = (4 m^2 + m) / (2.5 m^2 + m).
TEST(RingPairs, WholeRowZigzagOfDocuments) {
  constexpr std::int64_t kChunk = 100;
  RingPairs pairs(RingOrder::kZigzag, 2, 4 * kChunk, true);
  const auto ratio = [&](std::vector<std::int64_t> rows) {
    pairs.begin_row();
    std::int64_t start = 0;
    for (const std::int64_t length : rows) {
      pairs.add(start, start + length);
      start += length;
    }
    return 2 * pairs.busiest() / (pairs.by_rank()[0] + pairs.by_rank()[1]);
  };
  EXPECT_DOUBLE_EQ(ratio({100, 100, 100, 100}), 1);
  EXPECT_DOUBLE_EQ(ratio({200, 200}), 1);
  EXPECT_DOUBLE_EQ(ratio({300, 100}), 40'100.0 / 25'100);
}

}  // namespace
}  // namespace seqspan::sim
