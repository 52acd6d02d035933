#include "planner/space.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "sim/spec/layout_text.hpp"
#include "tests/support/job.hpp"

namespace seqspan::planner {
namespace {

TEST(Space, HoldsNoLayoutTwiceAndFillsTheCluster) {
  for (const sim::Framework framework : {sim::Framework::kMegatron, sim::Framework::kYunchang}) {
    const sim::Job job = tests::make_job("Qwen3-30B-A3B", framework, 2, 65536, 16);
    std::set<std::string> seen;
    std::int64_t count = 0;
    Space(job).for_each([&](const sim::Layout& layout) {
      ++count;
      seen.insert(sim::to_string(layout));
      EXPECT_EQ(layout.world(), 16);
    });
    EXPECT_EQ(static_cast<std::int64_t>(seen.size()), count) << sim::name_of(framework);
  }
}

// A ring of one has no order, a single group no placement: such layouts are taken once, with the
// framework's defaults.
TEST(Space, TakesChoicesThatCannotMatterOnce) {
  sim::Job job = tests::make_job("Llama-3-8B", sim::Framework::kYunchang, 1, 65536, 8);
  job.layout.ring = 1;
  Space(job).for_each([&](const sim::Layout& layout) {
    EXPECT_EQ(layout.ring_order, sim::RingOrder::kZigzag);
    EXPECT_EQ(layout.placement, sim::Placement::kUlyssesInner);
  });
}

// Stages inside replicas: where experts have as many replicas as the rest, dense models without
// context parallelism, and where it matters which of them are neighbours.
TEST(Space, PlacesStagesInsideReplicasWhereThatIsAnotherPlacement) {
  const auto count = [](const sim::Job& job) {
    std::int64_t inner = 0;
    Space(job).for_each([&](const sim::Layout& layout) {
      if (layout.placement != sim::Placement::kPipelineInner) return;
      ++inner;
      EXPECT_GT(layout.pp, 1);
      EXPECT_GT(layout.dp, 1);
      EXPECT_FALSE(sim::broken_rule(job, layout) == sim::ReasonCode::kReplicasDiffer);
      EXPECT_NE(layout.tp * layout.cp() % 8, 0) << "all stages and replicas are nodes apart";
    });
    return inner;
  };
  EXPECT_GT(count(tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 2, 65536, 16)), 0);
  EXPECT_GT(count(tests::make_job("Qwen3-30B-A3B", sim::Framework::kMegatron, 2, 65536, 16)), 0);
  EXPECT_EQ(count(tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 1, 65536, 16)), 0);
  EXPECT_EQ(count(tests::make_job("Llama-3-8B", sim::Framework::kTorchTitan, 2, 65536, 16)), 0);
}

// What the space leaves out of stages inside replicas is as fast and as large as the default.
TEST(Space, LeavesNoFasterPlacementOut) {
  for (const char* model : {"Llama-3-8B", "Qwen3-30B-A3B"}) {
    sim::Job job = tests::make_job(model, sim::Framework::kMegatron, 4, 65536, 16);
    job.layout.recompute = sim::Recompute::kFull;
    job.layout.micro_batch = 1;
    job.layout.vpp = 1;
    for (const std::int64_t nodes_per_leaf : {0, 2}) {
      job.cluster.nodes_per_leaf = nodes_per_leaf;
      sim::Simulator simulator(job);
      std::set<std::string> enumerated;
      std::vector<sim::Layout> others;
      Space(job).for_each([&](const sim::Layout& layout) {
        enumerated.insert(sim::to_string(layout));
        sim::Layout inner = layout;
        inner.placement = sim::Placement::kPipelineInner;
        if (!sim::broken_rule(job, inner)) others.push_back(inner);
      });
      std::int64_t left_out = 0;
      for (const sim::Layout& inner : others) {
        if (enumerated.count(sim::to_string(inner)) != 0) continue;
        ++left_out;
        sim::Layout usual = inner;
        usual.placement = sim::Placement::kUlyssesInner;
        const sim::Evaluation one = simulator.evaluate(inner, true);
        const sim::Evaluation other = simulator.evaluate(usual, true);
        EXPECT_EQ(one.step, other.step) << sim::to_string(inner);
        EXPECT_EQ(one.peak, other.peak) << sim::to_string(inner);
      }
      EXPECT_GT(left_out, 20);
    }
  }
}

TEST(Space, OffersWhatTheFrameworkOffers) {
  const sim::Job job = tests::make_job("Llama-3-8B", sim::Framework::kDeepSpeed, 1, 65536, 8);
  Space(job).for_each([&](const sim::Layout& layout) {
    EXPECT_EQ(layout.tp, 1);
    EXPECT_EQ(layout.pp, 1);
    EXPECT_EQ(layout.ring, 1);
    EXPECT_NE(layout.recompute, sim::Recompute::kSelective);
  });
}

// A key that the job fixes is enumerated as it stands, for legality to answer.
TEST(Space, KeepsAFixedKeyThatTheFrameworkRefuses) {
  sim::Job job = tests::make_job("Llama-3-8B", sim::Framework::kDeepSpeed, 1, 65536, 8);
  job.layout.tp = 2;
  std::int64_t count = 0;
  Space(job).for_each([&](const sim::Layout& layout) {
    EXPECT_EQ(layout.tp, 2);
    ++count;
  });
  EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace seqspan::planner
