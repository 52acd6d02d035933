#include "cli/commands/gemm_rates.hpp"

#include <gtest/gtest.h>

namespace seqspan::cli {
namespace {

// 2 x 1000^3 = 2e9 FLOPs in 4 us are 500 TFLOP/s, half of the peak; two groups of 1000 x 500 x 1000
// are as many in 5 us, 400. Together 4e9 in 9 us: 444.4, 0.444 of the peak.
TEST(GemmTable, HasRatesAndTheirSum) {
  const std::string table = gemm_table(
      {{{1000, 1000, 1000, 1}, sim::Seconds(4e-6)}, {{1000, 500, 1000, 2}, sim::Seconds(5e-6)}},
      sim::FlopsPerSecond(1e15), "made up");
  EXPECT_EQ(table,
            "# bf16 GEMMs, made up; peak 1 PFLOP/s\n"
            "#      m        n        k   groups      time_us   TFLOP/s  of_peak\n"
            "    1000     1000     1000        1         4.00     500.0    0.500\n"
            "    1000      500     1000        2         5.00     400.0    0.400\n"
            "# efficiency.gemm 0.444\n");
}

}  // namespace
}  // namespace seqspan::cli
