#include "planner/space.hpp"

#include <gtest/gtest.h>

#include <set>

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
