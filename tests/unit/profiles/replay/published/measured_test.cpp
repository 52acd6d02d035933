// Published figures to quantities and units.
#include "profiles/replay/published/measured.hpp"

#include <gtest/gtest.h>

namespace seqspan::profiles::published {
namespace {

std::vector<Column> columns(std::vector<std::pair<std::string, double>> figures,
                            const FigureRules& rules = {}) {
  std::vector<std::string> assumptions;
  MeasuredFacts facts;
  facts.figures = std::move(figures);
  return columns_of(facts, rules, assumptions);
}

TEST(PublishedFigures, Units) {
  EXPECT_EQ(columns({{"step_seconds", 1.5}})[0].measured.step_milliseconds, 1500);
  EXPECT_EQ(columns({{"step_ms", 3}})[0].measured.step_milliseconds, 3);
  EXPECT_EQ(columns({{"tokens_per_second", 64}}, {.gpus = 8})[0].measured.tokens_per_gpu_per_second,
            8);
  // 10^9 / 2^30
  EXPECT_NEAR(*columns({{"peak_allocated_gb", 80}})[0].measured.peak_allocated_gib, 74.506, 1e-3);
}

TEST(PublishedFigures, WhatAPeakAndTflopsAreIsOfTheSoftware) {
  EXPECT_EQ(columns({{"peak_gib", 7}})[0].measured.peak_allocated_gib, 7);
  EXPECT_EQ(columns({{"peak_gib", 7}}, {.peak_is_reserved = true})[0].measured.peak_reserved_gib,
            7);
  EXPECT_EQ(columns({{"tflops", 7}})[0].measured.tflops_per_gpu, 7);
  const FigureRules square{.full_square = true};
  EXPECT_EQ(columns({{"tflops", 7}}, square)[0].measured.full_square_tflops_per_gpu, 7);
  const auto both = columns({{"tflops", 7}, {"tokens_per_second_per_gpu", 9}}, square);
  EXPECT_EQ(both[0].measured.full_square_tflops_per_gpu, std::nullopt);
  EXPECT_EQ(both[0].measured.tokens_per_gpu_per_second, 9);
}

TEST(PublishedFigures, MfuWhereThereIsNoOtherSpeed) {
  const FigureRules rules{.peak_tflops = 312};
  EXPECT_EQ(columns({{"mfu", 0.5}, {"peak_gib", 1}}, rules)[0].measured.tflops_per_gpu, 156);
  EXPECT_EQ(columns({{"mfu", 50}}, rules)[0].measured.tflops_per_gpu, 156) << "percent";
  EXPECT_EQ(columns({{"mfu", 0.5}, {"tflops", 154.5}}, rules)[0].measured.tflops_per_gpu, 154.5);
  EXPECT_TRUE(columns({{"mfu", 0.5}}).empty()) << "of an unknown peak";
  EXPECT_TRUE(columns({{"hfu", 0.5}}, rules).empty());
}

TEST(PublishedFigures, TwoStepsOfOneRow) {
  const auto found = columns({{"full_recompute_s", 1.42}, {"sp_selective_s", 1.1}});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].recompute, "full");
  EXPECT_FALSE(found[0].sequence_parallel);
  EXPECT_EQ(found[0].measured.step_milliseconds, 1420);
  EXPECT_EQ(found[1].recompute, "selective");
  EXPECT_TRUE(found[1].sequence_parallel);
}

}  // namespace
}  // namespace seqspan::profiles::published
