#include "planner/plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <set>

#include "tests/support/job.hpp"
#include "tests/unit/planner/brute_force.hpp"

namespace seqspan::planner {
namespace {

using sim::Framework;
using tests::make_job;

class PlanOfFramework : public testing::TestWithParam<Framework> {};

TEST_P(PlanOfFramework, BestEqualsBruteForce) {
  const sim::Job job = make_job("Llama-3-8B", GetParam(), 1, 32768, 16);
  const std::vector<Candidate> all = tests::brute_force(job);
  ASSERT_FALSE(all.empty());
  const Candidate& fastest = *std::min_element(all.begin(), all.end(), faster);
  const auto smallest = std::min_element(
      all.begin(), all.end(),
      [](const Candidate& a, const Candidate& b) { return a.evaluation.peak < b.evaluation.peak; });
  const Plan plan = make_plan(job);
  ASSERT_FALSE(plan.best.empty());
  EXPECT_EQ(plan.best.front().simulation.time.step, fastest.evaluation.step);
  EXPECT_EQ(plan.best.front().simulation.peak.peak, fastest.evaluation.peak);
  // The far end of the Pareto front is the smallest of all.
  EXPECT_EQ(plan.pareto.back().evaluation.peak, smallest->evaluation.peak);
}

INSTANTIATE_TEST_SUITE_P(Frameworks, PlanOfFramework,
                         testing::Values(Framework::kMegatron, Framework::kDeepSpeed,
                                         Framework::kYunchang, Framework::kTorchTitan),
                         [](const auto& test) { return std::string(sim::name_of(test.param)); });

TEST(Plan, EveryLayoutIsCountedOnce) {
  const Plan plan = make_plan(make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8));
  std::int64_t rejected = 0;
  for (const Rejection& rejection : plan.rejected) rejected += rejection.count;
  EXPECT_EQ(plan.candidates, plan.fitting + rejected);
}

TEST(Plan, BestIsRankedAndSimulatedAsEvaluated) {
  const sim::Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  const Plan plan = make_plan(job);
  ASSERT_EQ(plan.best.size(), 5U);
  sim::Simulator simulator(job);
  for (std::size_t i = 0; i < plan.best.size(); ++i) {
    const sim::Simulation& simulation = plan.best[i].simulation;
    EXPECT_TRUE(simulation.fits);
    const sim::Evaluation evaluation = simulator.evaluate(simulation.layout);
    EXPECT_EQ(evaluation.step, simulation.time.step);
    EXPECT_EQ(evaluation.peak, simulation.peak.peak);
    EXPECT_EQ(plan.best[i].loses.empty(), i == 0);
    if (i == 0) continue;
    EXPECT_LE(plan.best[i - 1].simulation.time.step, simulation.time.step);
  }
}

TEST(Plan, FixedKeysAreKept) {
  sim::Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  job.layout.tp = 2;
  job.layout.recompute = sim::Recompute::kFull;
  for (const RankedLayout& ranked : make_plan(job).best) {
    EXPECT_EQ(ranked.simulation.layout.tp, 2);
    EXPECT_EQ(ranked.simulation.layout.recompute, sim::Recompute::kFull);
  }
}

// Llama-3.1-405B's parameters, gradients and optimizer state alone, 405,853,388,800 x 18 bytes over
// 8 GPUs, are 850 GiB per GPU.
TEST(Plan, SaysWhyNothingFits) {
  const Plan plan = make_plan(make_job("Llama-3.1-405B", Framework::kMegatron, 1, 131072, 8));
  EXPECT_TRUE(plan.best.empty());
  EXPECT_TRUE(plan.pareto.empty());
  EXPECT_EQ(plan.fitting, 0);
  ASSERT_FALSE(plan.rejected.empty());
  const auto fit = std::find_if(plan.rejected.begin(), plan.rejected.end(), [](const Rejection& r) {
    return r.code == sim::ReasonCode::kDoesNotFit;
  });
  ASSERT_NE(fit, plan.rejected.end());
  EXPECT_GT(fit->example_peak, sim::Bytes(80 * sim::kGibi));
}

// tp = 3 on 8 GPUs leaves nothing to enumerate.
TEST(Plan, SaysWhichKeyLeavesNothing) {
  sim::Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  job.layout.tp = 3;
  const Plan plan = make_plan(job);
  EXPECT_EQ(plan.candidates, 0);
  ASSERT_EQ(plan.rejected.size(), 1U);
  EXPECT_EQ(plan.rejected.front().code, sim::ReasonCode::kWorldSize);
}

TEST(Plan, IsTheSameTwice) {
  const sim::Job job = make_job("Qwen3-30B-A3B", Framework::kMegatron, 2, 65536, 16);
  const Plan once = make_plan(job);
  const Plan twice = make_plan(job);
  ASSERT_EQ(once.best.size(), twice.best.size());
  for (std::size_t i = 0; i < once.best.size(); ++i) {
    EXPECT_EQ(once.best[i].simulation.layout, twice.best[i].simulation.layout);
    EXPECT_EQ(once.best[i].simulation.time.step, twice.best[i].simulation.time.step);
    EXPECT_EQ(once.best[i].loses, twice.best[i].loses);
  }
  ASSERT_EQ(once.pareto.size(), twice.pareto.size());
  for (std::size_t i = 0; i < once.pareto.size(); ++i) {
    EXPECT_EQ(once.pareto[i].layout, twice.pareto[i].layout);
  }
}

}  // namespace
}  // namespace seqspan::planner
