#include "sim/documents/row_pool.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace seqspan::sim {
namespace {

Documents of(LengthSource lengths) {
  Documents documents;
  documents.lengths = std::move(lengths);
  return documents;
}

TEST(RowPool, OneDocumentIsALoadOfOne) {
  const RowPool pool(of(FixedLength{4096}), 4096, true, {.multiple = 16}, 100);
  for (const double load : pool.loads()) EXPECT_EQ(load, 1.0);
  EXPECT_EQ(pool.facts().tokens, 1.0);
  EXPECT_NEAR(pool.facts().pairs, 1.0, 1e-12);
}

// Eight documents of s/8: 8 (s/8)(s/8 + 1) / (s (s + 1)) = (s/8 + 1) / (s + 1); the longest has
// 1/8 of the row, so that the exponent is ln 8 / ln(1 / load), which is 1 but for the diagonal.
TEST(RowPool, EqualDocuments) {
  const RowPool pool(of(FixedLength{512}), 4096, true, {}, 10);
  EXPECT_DOUBLE_EQ(pool.facts().mean, 513.0 / 4097);
  EXPECT_DOUBLE_EQ(pool.facts().lowest, pool.facts().highest);
  EXPECT_DOUBLE_EQ(pool.facts().documents, 8);
  EXPECT_DOUBLE_EQ(pool.facts().longest, 1.0 / 8);
  EXPECT_NEAR(pool.facts().exponent, 1.0, 1e-3);
  const RowPool full(of(FixedLength{512}), 4096, false, {}, 10);
  EXPECT_DOUBLE_EQ(full.facts().mean, 1.0 / 8);
}

// Documents of 3,000 in rows of 4,096, end to end: 3000, 1096 | 1904, 2192 | 808, 3000, 288 | ...
TEST(RowPool, ConcatenationCutsWhereARowIsFull) {
  const RowPool pool(of(FixedLength{3000}), 4096, true, {}, 3);
  const auto load = [](std::initializer_list<double> lengths) {
    double sum = 0;
    for (const double l : lengths) sum += l * (l + 1);
    return sum / (4096.0 * 4097);
  };
  EXPECT_DOUBLE_EQ(pool.loads()[0], load({3000, 1096}));
  EXPECT_DOUBLE_EQ(pool.loads()[1], load({1904, 2192}));
  EXPECT_DOUBLE_EQ(pool.loads()[2], load({808, 3000, 288}));
}

// Kept whole, each has a row of its own, and 1,096 tokens of padding.
TEST(RowPool, WholeDocumentsLeavePadding) {
  Documents documents = of(FixedLength{3000});
  documents.packing = Packing::kWhole;
  const RowPool pool(documents, 4096, true, {}, 4);
  EXPECT_DOUBLE_EQ(pool.facts().tokens, 3000.0 / 4096);
  EXPECT_DOUBLE_EQ(pool.facts().mean, 3000.0 * 3001 / (4096.0 * 4097));
}

// Padded to 2c = 16: documents of 17 tokens take 32, of which a row of 4,096 has 128; 17/32 of the
// tokens are real, kernels work on 32.
TEST(RowPool, PaddingOfDocuments) {
  const RowPool pool(of(FixedLength{17}), 4096, true, {.multiple = 16}, 4);
  EXPECT_DOUBLE_EQ(pool.facts().documents, 128);
  EXPECT_DOUBLE_EQ(pool.facts().tokens, 17.0 / 32);
  EXPECT_DOUBLE_EQ(pool.facts().mean, 128 * 32.0 * 33 / (4096.0 * 4097));
  EXPECT_DOUBLE_EQ(pool.facts().pairs, 128 * 17.0 * 18 / (4096.0 * 4097));
}

// Of 1,000 and 9,000 tokens, the long ones are cut into rows or left out.
TEST(RowPool, TooLongDocuments) {
  Documents documents = of(LengthHistogram{{1000, 9000}, {1, 1}});
  const RowPool cut(documents, 4000, true, {}, 500);
  EXPECT_EQ(cut.facts().highest, 1.0);
  documents.too_long = TooLong::kDrop;
  const RowPool dropped(documents, 4000, true, {}, 500);
  EXPECT_DOUBLE_EQ(dropped.facts().highest, 1001.0 / 4001);
}

RC_GTEST_PROP(RowPool, LoadsAreSharesAndSeedsRepeat, ()) {
  Documents documents = of(
      LognormalLengths{*rc::gen::inRange<std::int64_t>(1, 5000), *rc::gen::inRange(0, 20) * 0.1});
  documents.packing = *rc::gen::element(Packing::kConcatenate, Packing::kWhole);
  documents.seed = *rc::gen::inRange(0, 100);
  const auto c = *rc::gen::element<std::int64_t>(1, 2, 4);
  const RowSplit each{.multiple = 2 * c};
  const RowPool pool(documents, 4096, true, each, 50);
  RC_ASSERT(pool.loads() == RowPool(documents, 4096, true, each, 50).loads());
  for (const double load : pool.loads()) RC_ASSERT(load > 0 && load <= 1);
  RC_ASSERT(pool.facts().tokens > 0 && pool.facts().tokens <= 1 + 1e-12);
  RC_ASSERT(pool.facts().pairs <= pool.facts().mean + 1e-12);
  RC_ASSERT(pool.facts().exponent >= 0.5 && pool.facts().exponent <= 1);
  // Shared out whole, no ring is better balanced than evenly.
  const RowPool whole(documents, 4096, true, {.ring = c, .order = RingOrder::kZigzag}, 50);
  const RowPool even(documents, 4096, true, {}, 50);
  for (std::size_t i = 0; i < 50; ++i) RC_ASSERT(whole.loads()[i] >= even.loads()[i] * (1 - 1e-12));
  RC_ASSERT(whole.facts().ring_imbalance >= 1 - 1e-12);
}

}  // namespace
}  // namespace seqspan::sim
