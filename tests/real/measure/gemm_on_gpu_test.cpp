// The GEMM timer with CUDA and cuBLASLt, on this machine's GPU.
#include <gtest/gtest.h>

#include <algorithm>

#include "real/measure/gemm_timer.hpp"

namespace seqspan::real {
namespace {

// Any GPU with bf16 products does 4,096^3 of them at more than 10 TFLOP/s (an A30 has 165), and
// none at more than 10 PFLOP/s (a B200 has 2.25). A batch of four takes as long as four, and no
// less than two.
TEST(GemmOnGpu, TakesAPlausibleTime) {
  const auto timer = make_gemm_timer();
  ASSERT_TRUE(timer) << timer.error().what << ": " << timer.error().why;
  const auto fastest = [&](std::int64_t groups) {
    const auto times = (*timer)->time({4096, 4096, 4096, groups}, {});
    EXPECT_TRUE(times) << times.error().what;
    return times ? *std::min_element(times->begin(), times->end()) : sim::Seconds(0);
  };
  const sim::Seconds one = fastest(1);
  const double rate = 2.0 * 4096 * 4096 * 4096 / one.value();
  EXPECT_GT(rate, 1e13);
  EXPECT_LT(rate, 1e16);
  const sim::Seconds four = fastest(4);
  EXPECT_GT(four, 2.0 * one);
  EXPECT_LT(four, 6.0 * one);
}

}  // namespace
}  // namespace seqspan::real
