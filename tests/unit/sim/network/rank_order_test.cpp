#include "sim/network/rank_order.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace seqspan::sim
