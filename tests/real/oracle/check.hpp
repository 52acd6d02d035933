// A tensor of this rank against the rows and heads of the dense answer that it stands for.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace seqspan::oracle {

// max |x - expected| / max |expected|: float32 sums of up to 64 x 8 terms lose about 1e-6.
inline constexpr double kTolerance = 1e-5;

inline void expect_equal(const char* what, const std::vector<float>& values,
                         const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size()) << what;
  double worst = 0;
  double largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(static_cast<double>(values[i]) - expected[i]);
    worst = std::isnan(error) ? error : std::max(worst, error);
    if (std::isnan(worst)) break;
    largest = std::max(largest, std::abs(expected[i]));
  }
  EXPECT_LE(worst, kTolerance * largest) << what;
}

}  // namespace seqspan::oracle
