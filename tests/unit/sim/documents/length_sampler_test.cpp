#include "sim/documents/length_sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace seqspan::sim {
namespace {

// Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.5, and the far tail by
// R's qnorm(1e-10).
TEST(NormalQuantile, MeetsTables) {
  EXPECT_DOUBLE_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.95), 1.644853626951473, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-12);
}

// The distribution function of what it returns is the p that it was given.
TEST(NormalQuantile, InvertsTheErrorFunction) {
  for (double p = 1e-6; p < 1; p += 0.0101) {
    EXPECT_NEAR(std::erfc(-normal_quantile(p) / std::sqrt(2.0)) / 2, p, 1e-14) << p;
  }
}

// 40,000 draws of 1, 2, 3 with counts 1, 0, 3: 3/4 are 3, with deviation sqrt(3/16/40000) = 0.0022;
// no 2 ever.
TEST(LengthSampler, HistogramByItsCounts) {
  const LengthSampler sampler(LengthHistogram{{1, 2, 3}, {1, 0, 3}});
  RandomStream random(7);
  int threes = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::int64_t length = sampler.draw(random);
    EXPECT_NE(length, 2);
    threes += length == 3 ? 1 : 0;
  }
  EXPECT_NEAR(threes / 40'000.0, 0.75, 4 * 0.0022);
}

// Median m, mean m exp(sigma^2 / 2): 4,096 x e^(1/2) = 6,753. The mean of 40,000 draws deviates by
// 6,753 sqrt((e - 1) / 40000) = 44.
TEST(LengthSampler, LognormalByMedianAndMean) {
  const LengthSampler sampler(LognormalLengths{4096, 1.0});
  RandomStream random(7);
  int below = 0;
  double sum = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::int64_t length = sampler.draw(random);
    below += length < 4096 ? 1 : 0;
    sum += static_cast<double>(length);
  }
  EXPECT_NEAR(below / 40'000.0, 0.5, 4 * 0.0025);
  EXPECT_NEAR(sum / 40'000, 6753, 4 * 44);
}

TEST(LengthSampler, LengthsStayInRange) {
  const LengthSampler short_ones(LognormalLengths{1, 4});
  const LengthSampler long_ones(LognormalLengths{1 << 30, 4});
  RandomStream random(1);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_GE(short_ones.draw(random), 1);
    EXPECT_LE(long_ones.draw(random), 1 << 30);
  }
}

// The same numbers on every machine: SplitMix64 from 0 begins so (Vigna, splitmix64.c).
TEST(RandomStream, IsSplitMix64) {
  RandomStream random(0);
  EXPECT_EQ(random.next(), 0xe220a8397b1dcdafU);
  EXPECT_EQ(random.next(), 0x6e789e6aa1b965f4U);
}

}  // namespace
}  // namespace seqspan::sim
