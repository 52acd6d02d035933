#include "sim/spec/documents.hpp"

#include <gtest/gtest.h>

namespace seqspan::sim {
namespace {

TEST(ShareUpTo, OfWhatIsCounted) {
  EXPECT_EQ(share_up_to(FixedLength{100}, 100), 1);
  EXPECT_EQ(share_up_to(FixedLength{101}, 100), 0);
  // 3 of 3 + 5.
  EXPECT_EQ(share_up_to(LengthHistogram{{50, 200}, {3, 5}}, 100), 0.375);
  const auto lengths = std::make_shared<const std::vector<std::int64_t>>(
      std::vector<std::int64_t>{1, 100, 101, 1000});
  EXPECT_EQ(share_up_to(ListedLengths{"lengths.txt", lengths}, 100), 0.5);
}

// Phi((ln(s + 1/2) - ln(median)) / sigma): half of the documents up to the median; with
// s = e median one deviation of 1 above it, Phi(1) = 0.841345 (tables of the normal distribution).
TEST(ShareUpTo, OfALognormal) {
  EXPECT_NEAR(share_up_to(LognormalLengths{1'000'000, 1}, 1'000'000), 0.5, 1e-6);
  EXPECT_NEAR(share_up_to(LognormalLengths{1'000'000, 1}, 2'718'282), 0.841345, 1e-6);
  EXPECT_EQ(share_up_to(LognormalLengths{100, 0}, 100), 1);
  EXPECT_EQ(share_up_to(LognormalLengths{101, 0}, 100), 0);
}

}  // namespace
}  // namespace seqspan::sim
