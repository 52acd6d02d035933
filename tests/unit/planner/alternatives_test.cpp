#include "planner/alternatives.hpp"

#include <gtest/gtest.h>

#include <set>

#include "planner/plan.hpp"
#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace seqspan::planner {
namespace {

// Whatever is changed alone in the best layout is refused, does not fit, or is no faster: else it
// would not be the best. The numbers are the simulator's.
TEST(Alternatives, NoneIsFasterThanTheBest) {
  for (const auto& [model, framework, nodes] :
       {std::tuple{"Llama-3-8B", sim::Framework::kMegatron, 1},
        std::tuple{"Qwen3-30B-A3B", sim::Framework::kMegatron, 2},
        std::tuple{"Llama-3-8B", sim::Framework::kDeepSpeed, 1},
        std::tuple{"Llama-3-8B", sim::Framework::kTorchTitan, 2}}) {
    const sim::Job job = tests::make_job(model, framework, nodes, 32768, 32);
    sim::Simulator simulator(job);
    const Plan plan = make_plan(simulator);
    ASSERT_FALSE(plan.best.empty()) << model;
    const sim::Simulation& best = plan.best.front().simulation;
    std::set<std::string> keys;
    for (const Alternative& one : plan.why) {
      SCOPED_TRACE(one.key + "=" + one.value + " instead " + one.instead);
      keys.insert(one.key);
      EXPECT_NE(one.value, one.instead);
      const auto broken = sim::broken_rule(job, one.layout);
      if (broken) {
        EXPECT_EQ(one.refused, broken);
        continue;
      }
      const sim::Simulation other = simulator.simulate(one.layout);
      EXPECT_EQ(one.peak, other.peak.peak);
      EXPECT_EQ(one.refused.has_value(), !other.fits);
      if (!other.fits) continue;
      EXPECT_EQ(one.step, other.time.step);
      EXPECT_GE(one.step, best.time.step);
    }
    EXPECT_EQ(keys.count("micro_batch"), 1U);
    EXPECT_EQ(keys.count("recompute"), 1U);
    EXPECT_EQ(keys.count("pp"), framework == sim::Framework::kDeepSpeed ? 0U : 1U);
    EXPECT_EQ(keys.count("ep"), std::string(model) == "Qwen3-30B-A3B" ? 1U : 0U);
  }
}

// Eight GPUs in tp=2, dp=4: with tp=4 dp is 2, with tp=1 it is 8.
TEST(Alternatives, DpTakesUpTheRestOfTheCluster) {
  const sim::Job job = tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 1, 8192, 32);
  sim::Simulator simulator(job);
  std::set<std::int64_t> replicas;
  for (const Alternative& one : alternatives(simulator, tests::layout_of(job, "tp=2"))) {
    if (one.key == "tp") replicas.insert(one.layout.dp);
  }
  EXPECT_EQ(replicas, (std::set<std::int64_t>{2, 8}));
}

}  // namespace
}  // namespace seqspan::planner
