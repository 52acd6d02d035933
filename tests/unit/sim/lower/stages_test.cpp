#include "sim/lower/stages.hpp"

#include <gtest/gtest.h>

#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

std::vector<std::int64_t> stage_layers(std::int64_t layers, std::int64_t pp) {
  Layout layout;
  layout.pp = pp;
  std::vector<std::int64_t> result;
  for (std::int64_t stage = 0; stage < pp; ++stage) {
    result.push_back(layers_of_stage(layers, layout, stage));
  }
  return result;
}

// Qwen3-235B: 94 = 23 + 24 + 24 + 23. Llama-3.1-405B: 126 = 15 + 6 x 16 + 15.
TEST(Stages, EndsTakeTheRest) {
  EXPECT_EQ(stage_layers(94, 4), (std::vector<std::int64_t>{23, 24, 24, 23}));
  EXPECT_EQ(stage_layers(126, 8), (std::vector<std::int64_t>{15, 16, 16, 16, 16, 16, 16, 15}));
  EXPECT_EQ(stage_layers(32, 4), (std::vector<std::int64_t>{8, 8, 8, 8}));
}

TEST(Stages, EveryLayerIsRunOnce) {
  for (const std::int64_t layers : {24, 32, 48, 64, 80, 94, 126}) {
    for (std::int64_t pp = 1; pp <= layers; ++pp) {
      Layout layout;
      layout.pp = pp;
      if (!layers_divide(layers, layout)) continue;
      std::int64_t sum = 0;
      for (const std::int64_t count : stage_layers(layers, pp)) {
        EXPECT_GE(count, 1) << layers << " layers, pp " << pp;
        sum += count;
      }
      EXPECT_EQ(sum, layers) << "pp " << pp;
    }
  }
}

// Equal stages are one class: first (embedding), middle, last (loss).
TEST(Stages, EqualStagesShareAClass) {
  const Job job = tests::make_job("Llama-3.1-405B", Framework::kMegatron, 16, 8192, 64);
  const Program program = tests::program_of(job, "tp=8,pp=16");
  ASSERT_EQ(program.stages.size(), 3U);
  EXPECT_EQ(program.stages[1].first_stage, 1);
  EXPECT_EQ(program.stages[1].count, 14);
}

}  // namespace
}  // namespace seqspan::sim
