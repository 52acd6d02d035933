// A whole run: its length, its cost, the batch that is usual for it, and the cluster it needs.
#include "planner/training_run.hpp"

#include <gtest/gtest.h>

#include "planner/cluster_size.hpp"
#include "planner/step_law.hpp"
#include "sim/spec/model_flops.hpp"
#include "tests/support/job.hpp"

namespace seqspan::planner {
namespace {

using sim::Framework;
using sim::Seconds;
using sim::Tokens;
using tests::make_job;

// 8 sequences of 131,072 tokens are 1,048,576 a step: 1e9 tokens take 953.67 steps, so 954; at 10 s
// 9,540 s = 2.65 h on 8 GPUs.
TEST(TrainingRun, CountsWholeSteps) {
  const sim::Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  const TrainingRun run = training_run(job, Seconds(10), Tokens(1'000'000'000), Money(2.5));
  EXPECT_EQ(run.steps, 954);
  EXPECT_DOUBLE_EQ(run.time.value(), 9540);
  EXPECT_DOUBLE_EQ(run.gpu_hours.value(), 21.2);
  EXPECT_DOUBLE_EQ(run.cost->value(), 53);
  EXPECT_FALSE(training_run(job, Seconds(10), Tokens(1), std::nullopt).cost);
  EXPECT_EQ(training_run(job, Seconds(10), Tokens(1), std::nullopt).steps, 1);
}

TEST(TrainingRun, NoStepIsFasterThanThePeak) {
  const sim::Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 32768, 16);
  const Plan plan = make_plan(job);
  ASSERT_FALSE(plan.best.empty());
  const Tokens budget(std::int64_t{16} * 32768);  // one step
  const Seconds least = least_training_time(job, budget);
  EXPECT_LT(least, plan.best.front().simulation.time.step);
  // MFU is the same ratio.
  EXPECT_NEAR(least / plan.best.front().simulation.time.step, plan.best.front().simulation.mfu,
              1e-12);
}

// 0.58 x (1e11)^0.571 = 0.58 x 10^6.281 = 1,107,700. N of Llama-3-8B: 8,030,261,248 less 2 x
// 128,256 x 4,096 = 6,979,588,096: 1.79 x N^-0.713 x (1e11)^0.307 = 1.79 x 9.54e-8 x 2,388.
TEST(StepLaw, IsThePapersFormula) {
  const sim::Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  const StepLaw law = step_law(job.model, Tokens(100'000'000'000));
  EXPECT_NEAR(static_cast<double>(law.batch.value()), 1'107'700, 300);
  EXPECT_NEAR(law.learning_rate, 4.08e-4, 0.03e-4);
  EXPECT_NEAR(batch_ratio(job, law), 1'048'576 / 1'107'700.0, 1e-3);
}

TEST(ClusterSize, NodeCountsGrowByAQuarterOrSo) {
  EXPECT_EQ(node_counts(1), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(node_counts(9), (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  const std::vector<std::int64_t> counts = node_counts(2048);
  EXPECT_EQ(counts.back(), 2048);
  for (std::size_t i = 4; i < counts.size(); ++i) {
    EXPECT_LE(counts[i] * 4, counts[i - 1] * 5) << counts[i];
  }
}

// Against plans of every size, one by one.
TEST(ClusterSize, SmallestAndCheapestAreThoseOfPlansOneByOne) {
  const auto job_of = [](std::int64_t nodes) -> sim::Result<sim::Job> {
    return make_job("Llama-3-8B", Framework::kMegatron, nodes, 32768, 48);
  };
  const Tokens budget(10'000'000'000);
  constexpr std::int64_t kMost = 6;
  std::vector<TrainingRun> runs;
  for (std::int64_t nodes = 1; nodes <= kMost; ++nodes) {
    const sim::Job job = *job_of(nodes);
    const Plan plan = make_plan(job);
    ASSERT_FALSE(plan.best.empty());
    runs.push_back(training_run(job, plan.best.front().simulation.time.step, budget));
  }
  // Between the times of each two sizes, and above all of them.
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Seconds deadline = runs[i].time * 1.0001;
    const auto smallest =
        choose_cluster(job_of, kMost, {ClusterGoal::kFewestGpus, budget, deadline, std::nullopt});
    const auto cheapest =
        choose_cluster(job_of, kMost, {ClusterGoal::kLeastCost, budget, deadline, std::nullopt});
    ASSERT_TRUE(smallest && cheapest);
    std::size_t first = 0;
    while (runs[first].time > deadline) ++first;
    std::size_t least = first;
    for (std::size_t k = first; k < runs.size(); ++k) {
      if (runs[k].time <= deadline && runs[k].gpu_hours < runs[least].gpu_hours) least = k;
    }
    ASSERT_TRUE(smallest->chosen && cheapest->chosen);
    EXPECT_EQ(*smallest->chosen, first);
    EXPECT_EQ(*cheapest->chosen, least);
    EXPECT_EQ(smallest->job->cluster.nodes, static_cast<std::int64_t>(first + 1));
    EXPECT_EQ(cheapest->plan->best.front().simulation.time.step, cheapest->options[least].step);
  }
}

TEST(ClusterSize, NoneIsDoneInTime) {
  const auto job_of = [](std::int64_t nodes) -> sim::Result<sim::Job> {
    return make_job("Llama-3-8B", Framework::kMegatron, nodes, 32768, 48);
  };
  const auto choice = choose_cluster(
      job_of, 2, {ClusterGoal::kFewestGpus, Tokens(1'000'000'000'000), Seconds(60), std::nullopt});
  ASSERT_TRUE(choice);
  EXPECT_FALSE(choice->chosen);
  ASSERT_EQ(choice->options.size(), 2U);
  EXPECT_FALSE(choice->options.back().planned) << "not even at every GPU's peak";
}

}  // namespace
}  // namespace seqspan::planner
