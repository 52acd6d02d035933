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

// Llama-3.1-405B as Meta ran it, arXiv 2407.21783 section 3.3.2: "we reduce one Transformer layer
// each from the first and the last stages": pp = 16, 126 + 2 = 16 x 8. Interleaved 8 times, stage 0
// has the embedding and then layers 15, 31, ...: 7, and the last the loss.
TEST(Stages, EmbeddingAndLossCountAsLayers) {
  std::vector<std::int64_t> expected(16, 8);
  expected.front() = expected.back() = 7;
  EXPECT_EQ(stage_layers(126, 16), expected);
  Layout layout;
  layout.pp = 16;
  for (const std::int64_t vpp : {2, 4, 8}) {
    layout.vpp = vpp;
    EXPECT_TRUE(layers_divide(126, layout)) << vpp;
    EXPECT_EQ(layers_of_stage(126, layout, 0), 7);
    EXPECT_EQ(layers_of_stage(126, layout, 1), 8);
    EXPECT_EQ(layers_of_stage(126, layout, 15), 7);
  }
  layout.vpp = 3;
  EXPECT_FALSE(layers_divide(126, layout));
  const Job job = tests::make_job("Llama-3.1-405B", Framework::kMegatron, 16, 8192, 64);
  const Program program = tests::program_of(job, "tp=8,pp=16,vpp=8");
  std::int64_t layers = 0;
  for (const StageClass& stage : program.stages) {
    for (std::size_t r = 0; r < stage.run_count; ++r) {
      const PartRun& run = program.runs[stage.first_run + r];
      if (program.parts[run.part].kind == PartKind::kLayer) layers += stage.count * run.count;
    }
  }
  EXPECT_EQ(layers, 126);
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

// DeepSeek-V2 cut to 12 layers, 1 dense: part 1 is the dense layer, part 2 one with experts.
TEST(Stages, KindsOfLayersGoToTheStagesOfTheirLayers) {
  Job job = tests::make_job("DeepSeek-V2", Framework::kMegatron, 1, 8192, 64);
  job.model.towers.front().runs = {{0, 1}, {1, 11}};
  const auto runs_of = [](const Program& program, const StageClass& stage) {
    std::vector<std::pair<std::size_t, std::int64_t>> runs;
    for (std::size_t r = 0; r < stage.run_count; ++r) {
      const PartRun& run = program.runs[stage.first_run + r];
      runs.emplace_back(run.part, run.count);
    }
    return runs;
  };
  using Runs = std::vector<std::pair<std::size_t, std::int64_t>>;
  const Program plain = tests::program_of(job, "pp=4,dp=2,ep=2");
  ASSERT_EQ(plain.stages.size(), 3U);
  EXPECT_EQ(runs_of(plain, plain.stages[0]), (Runs{{0, 1}, {1, 1}, {2, 2}}));
  EXPECT_EQ(runs_of(plain, plain.stages[1]), (Runs{{2, 3}}));
  EXPECT_EQ(plain.stages[1].count, 2);
  EXPECT_EQ(runs_of(plain, plain.stages[2]), (Runs{{2, 3}, {3, 1}}));

  // Stage 0 of 2 x 3 chunks of 2 layers has layers 0, 1, 4, 5, 8, 9; with the first three dense,
  // one of the dense ones is on stage 1.
  job.model.towers.front().runs = {{0, 3}, {1, 9}};
  const Program interleaved = tests::program_of(job, "pp=2,vpp=3,dp=4,ep=2");
  ASSERT_EQ(interleaved.stages.size(), 2U);
  EXPECT_EQ(runs_of(interleaved, interleaved.stages[0]), (Runs{{0, 1}, {1, 2}, {2, 4}}));
  EXPECT_EQ(runs_of(interleaved, interleaved.stages[1]), (Runs{{1, 1}, {2, 5}, {3, 1}}));
}

}  // namespace
}  // namespace seqspan::sim
