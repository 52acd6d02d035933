#include "sim/network/rank_order.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace seqspan::sim {
namespace {

Layout layout() {
  Layout layout;
  layout.tp = 2;
  layout.ulysses = 4;
  layout.ring = 3;
  layout.dp = 5;
  layout.pp = 7;
  layout.etp = 2;
  layout.ep = 6;
  return layout;
}

// rank = tp + 2 (cp + 12 (dp + 5 pp)), cp = ulysses + 4 ring: strides 2, 2 x 4 = 8 and 2 x 12 x 5 =
// 120, shard groups of 12 x 5 = 60.
TEST(RankOrder, PutsUlyssesInside) {
  EXPECT_EQ(group_shape(Axis::kTensor, layout()), (GroupShape{2, 1}));
  EXPECT_EQ(group_shape(Axis::kUlysses, layout()), (GroupShape{4, 2}));
  EXPECT_EQ(group_shape(Axis::kRing, layout()), (GroupShape{3, 8}));
  EXPECT_EQ(group_shape(Axis::kShard, layout()), (GroupShape{60, 2}));
  EXPECT_EQ(group_shape(Axis::kPipeline, layout()), (GroupShape{7, 120}));
}

// cp = ring + 3 ulysses: stride 2 x 3 = 6.
TEST(RankOrder, PutsTheRingInside) {
  Layout ring_inner = layout();
  ring_inner.placement = Placement::kRingInner;
  EXPECT_EQ(group_shape(Axis::kUlysses, ring_inner), (GroupShape{4, 6}));
  EXPECT_EQ(group_shape(Axis::kRing, ring_inner), (GroupShape{3, 2}));
}

// A stage has 2 x 12 x 5 = 120 ranks = etp 2 x ep 6 x 10.
TEST(RankOrder, DividesAStageAnewForExperts) {
  EXPECT_EQ(group_shape(Axis::kExpertTensor, layout()), (GroupShape{2, 1}));
  EXPECT_EQ(group_shape(Axis::kExpert, layout()), (GroupShape{6, 2}));
  EXPECT_EQ(group_shape(Axis::kExpertShard, layout()), (GroupShape{10, 12}));
}

// Ulysses 8 over tp 2, in runs of 4: ranks 0, 2, 4, 6 exchange first, then 0 and 8.
TEST(RankOrder, AHierarchicalAllToAllHasTwoKindsOfGroups) {
  Layout two_steps;
  two_steps.tp = 2;
  two_steps.ulysses = 8;
  two_steps.ulysses_in_node = 4;
  const GroupShape inside = group_shape(Axis::kUlyssesInNode, two_steps);
  EXPECT_EQ(inside.size, 4);
  EXPECT_EQ(inside.stride, 2);
  const GroupShape across = group_shape(Axis::kUlyssesAcross, two_steps);
  EXPECT_EQ(across.size, 2);
  EXPECT_EQ(across.stride, 8);
  // Direct: no groups of these kinds.
  two_steps.ulysses_in_node = 1;
  EXPECT_EQ(group_shape(Axis::kUlyssesInNode, two_steps).size, 1);
  EXPECT_EQ(group_shape(Axis::kUlyssesAcross, two_steps).size, 1);
  EXPECT_EQ(group_shape(Axis::kExpertAcross, two_steps).size, 1);
}

// rank = tp + 2 (cp + 12 (pp + 7 dp)): stages lie 2 x 12 = 24 apart, replicas 24 x 7 = 168, and a
// shard group is 5 runs of 12 ranks.
TEST(RankOrder, PutsThePipelineInside) {
  Layout inner = layout();
  inner.placement = Placement::kPipelineInner;
  EXPECT_EQ(group_shape(Axis::kTensor, inner), (GroupShape{2, 1}));
  EXPECT_EQ(group_shape(Axis::kUlysses, inner), (GroupShape{4, 2}));
  EXPECT_EQ(group_shape(Axis::kRing, inner), (GroupShape{3, 8}));
  EXPECT_EQ(group_shape(Axis::kPipeline, inner), (GroupShape{7, 24}));
  EXPECT_EQ(group_shape(Axis::kShard, inner), (GroupShape{60, 2, 5, 168}));
  // One replica, one rank of each, one stage: a single run.
  inner.dp = 1;
  EXPECT_EQ(group_shape(Axis::kShard, inner), (GroupShape{12, 2}));
  inner.dp = 5;
  inner.pp = 1;
  EXPECT_EQ(group_shape(Axis::kShard, inner), (GroupShape{60, 2}));
  inner.pp = 7;
  inner.ulysses = inner.ring = 1;
  EXPECT_EQ(group_shape(Axis::kShard, inner), (GroupShape{5, 14}));
}

// Groups of 2 x 3 ranks, 2 apart in a run and runs 8 apart: 4 ranks fill a run of two siblings,
// 24 all of four.
TEST(RankOrder, GroupsOfSeveralRuns) {
  const GroupShape shape{6, 2, 3, 8};
  EXPECT_EQ(shape.run(), 2);
  EXPECT_EQ(shape.block(), 4);
  EXPECT_EQ(shape.tile(), 24);
  EXPECT_EQ(shape.siblings(), 4);
  std::vector<std::int64_t> ranks;
  for (std::int64_t i = 0; i < 6; ++i) ranks.push_back(shape.first(3) + shape.offset(i));
  EXPECT_EQ(ranks, (std::vector<std::int64_t>{5, 7, 13, 15, 21, 23}));
  for (std::int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(shape.index_of(48 + ranks[static_cast<std::size_t>(i)]), i);
  }
}

using Groups = std::set<std::vector<std::int64_t>>;
struct Dimension {
  std::string name;
  std::int64_t size;
};

// Megatron-LM's rule (parallel_state.py, RankGenerator): dimensions from the fastest to the
// slowest; ranks are in one group where they differ in the named dimensions only.
Groups generated(const std::vector<Dimension>& order, const std::set<std::string>& named) {
  std::int64_t world = 1;
  for (const Dimension& dimension : order) world *= dimension.size;
  std::map<std::vector<std::int64_t>, std::vector<std::int64_t>> by_others;
  for (std::int64_t rank = 0; rank < world; ++rank) {
    std::vector<std::int64_t> others;
    std::int64_t rest = rank;
    for (const Dimension& dimension : order) {
      if (named.count(dimension.name) == 0) others.push_back(rest % dimension.size);
      rest /= dimension.size;
    }
    by_others[others].push_back(rank);
  }
  Groups groups;
  for (const auto& [others, ranks] : by_others) groups.insert(ranks);
  return groups;
}

Groups placed(Axis axis, const Layout& layout) {
  const GroupShape shape = group_shape(axis, layout);
  Groups groups;
  for (std::int64_t start = 0; start < layout.world(); start += shape.tile()) {
    for (std::int64_t sibling = 0; sibling < shape.siblings(); ++sibling) {
      std::vector<std::int64_t> ranks;
      for (std::int64_t i = 0; i < shape.size; ++i) {
        ranks.push_back(start + shape.first(sibling) + shape.offset(i));
        EXPECT_EQ(shape.index_of(ranks.back()), i);
      }
      groups.insert(ranks);
    }
  }
  return groups;
}

// Both orders of Megatron-LM, dense and with experts, of any sizes.
RC_GTEST_PROP(RankOrder, GroupsAreThoseOfMegatron, ()) {
  const auto degree = [] { return *rc::gen::inRange<std::int64_t>(1, 5); };
  Layout layout;
  layout.tp = degree();
  (*rc::gen::arbitrary<bool>() ? layout.ring : layout.ulysses) = degree();
  layout.dp = degree();
  layout.pp = degree();
  const bool inner = *rc::gen::arbitrary<bool>();
  if (inner) layout.placement = Placement::kPipelineInner;
  // Experts divide a stage anew; of pipeline_inner what replicas_agree() asks for.
  const std::int64_t stage = layout.tp * layout.cp() * (inner ? 1 : layout.dp);
  std::vector<std::int64_t> divisors;
  for (std::int64_t d = 1; d <= stage; ++d) {
    if (stage % d == 0) divisors.push_back(d);
  }
  layout.etp = *rc::gen::elementOf(divisors);
  layout.ep = stage / layout.etp;
  RC_ASSERT(!inner || replicas_agree(layout, true));
  const auto ordered = [&](std::vector<Dimension> fast, std::int64_t replicas) {
    const Dimension dp{"dp", replicas};
    const Dimension pp{"pp", layout.pp};
    for (const Dimension& slow : inner ? std::vector{pp, dp} : std::vector{dp, pp}) {
      fast.push_back(slow);
    }
    return fast;
  };
  const auto decoder = ordered({{"tp", layout.tp}, {"cp", layout.cp()}}, layout.dp);
  RC_ASSERT(placed(Axis::kTensor, layout) == generated(decoder, {"tp"}));
  RC_ASSERT(placed(layout.ring > 1 ? Axis::kRing : Axis::kUlysses, layout) ==
            generated(decoder, {"cp"}));
  RC_ASSERT(placed(Axis::kPipeline, layout) == generated(decoder, {"pp"}));
  RC_ASSERT(placed(Axis::kShard, layout) == generated(decoder, {"cp", "dp"}));
  const auto experts =
      ordered({{"tp", layout.etp}, {"ep", layout.ep}}, layout.expert_data_parallel());
  RC_ASSERT(placed(Axis::kExpertTensor, layout) == generated(experts, {"tp"}));
  RC_ASSERT(placed(Axis::kExpert, layout) == generated(experts, {"ep"}));
  RC_ASSERT(placed(Axis::kExpertShard, layout) == generated(experts, {"dp"}));
  RC_ASSERT(placed(Axis::kPipeline, layout) == generated(experts, {"pp"}));
}

}  // namespace
}  // namespace seqspan::sim
