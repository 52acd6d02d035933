#include "sim/cluster/bisection.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sim/cluster/graphs.hpp"

namespace seqspan::sim {
namespace {

using test::graph_of;
using test::kNic;
using test::kNvlink;
using test::missing;
using test::slow;
using test::small_cluster;
using test::with_rails;

Cluster two_tiers(double oversubscription) {
  Cluster cluster = small_cluster(8);
  cluster.nodes_per_leaf = 2;
  cluster.spine_switches = 2;
  cluster.spine_oversubscription = oversubscription;
  return cluster;
}

// Half of 8 GPUs; half of the 16 NICs of a leaf; 2 of 4 leaves, each with 16 NICs' worth of uplink.
TEST(Bisection, FatTreeWithoutOversubscription) {
  const auto tiers = tiers_of(graph_of(two_tiers(1)));
  ASSERT_EQ(tiers.size(), 3U);
  EXPECT_EQ(tiers[0].kind, VertexKind::kNvlinkSwitch);
  EXPECT_DOUBLE_EQ(tiers[0].bisection.value(), 4 * kNvlink);
  EXPECT_EQ(tiers[0].units, 8);
  EXPECT_DOUBLE_EQ(tiers[1].bisection.value(), 8 * kNic);
  EXPECT_EQ(tiers[1].cables, 64);
  EXPECT_DOUBLE_EQ(tiers[2].bisection.value(), 2 * 16 * kNic);
  EXPECT_EQ(tiers[2].cables, 8);
  EXPECT_DOUBLE_EQ(tiers[2].slowest.value(), 8 * kNic);
  for (const Tier& tier : tiers) EXPECT_DOUBLE_EQ(tier.oversubscription(), 1);
}

TEST(Bisection, OversubscriptionHalvesTheSpineAndNothingElse) {
  const auto one = tiers_of(graph_of(two_tiers(1)));
  const auto two = tiers_of(graph_of(two_tiers(2)));
  EXPECT_EQ(one[0].bisection, two[0].bisection);
  EXPECT_EQ(one[1].bisection, two[1].bisection);
  EXPECT_DOUBLE_EQ(two[2].bisection.value(), one[2].bisection.value() / 2);
  EXPECT_DOUBLE_EQ(two[2].oversubscription(), 2);
  EXPECT_EQ(two[2].full, one[2].full);
}

// 2 pods of 2 leaves of 2 nodes. Spine, one pod: 1 of 2 leaves, 16 NICs at 2:1, 400 GB/s. Core: one
// of two pods: 32 NICs, 1,600 GB/s, over 2 and over 3.
TEST(Bisection, ThreeTiersMultiply) {
  Cluster cluster = two_tiers(2);
  cluster.nodes_per_pod = 4;
  cluster.core_oversubscription = 3;
  const auto tiers = tiers_of(graph_of(cluster));
  ASSERT_EQ(tiers.size(), 4U);
  EXPECT_DOUBLE_EQ(tiers[2].bisection.value(), 400e9);
  EXPECT_EQ(tiers[2].units, 2);
  EXPECT_DOUBLE_EQ(tiers[3].bisection.value(), 1600e9 / 6);
  EXPECT_DOUBLE_EQ(tiers[3].full.value(), 1600e9);
  EXPECT_DOUBLE_EQ(tiers[3].oversubscription(), 6);
}

// Two groups of 4 nodes with 8 rails: halves are the groups, 8 leaves of 4 NICs each.
TEST(Bisection, RailGroupsAreHalves) {
  const auto tiers = tiers_of(graph_of(with_rails(small_cluster(8), 4, 2)));
  EXPECT_DOUBLE_EQ(tiers[1].bisection.value(), 2 * kNic);  // of one leaf
  EXPECT_DOUBLE_EQ(tiers[2].bisection.value(), 32 * kNic);
}

// A NIC at half rate: its leaf has 15.5 NICs of 16 in one half; 7.5 of 8 in the other is the least.
TEST(Bisection, FaultsWeakenTheirTier) {
  Cluster cluster = two_tiers(1);
  cluster.overrides = {slow("node0.nic0", kNic / 2)};
  const auto slowed = tiers_of(graph_of(cluster));
  EXPECT_DOUBLE_EQ(slowed[1].bisection.value(), 7.5 * kNic);
  EXPECT_DOUBLE_EQ(slowed[1].slowest.value(), kNic / 2);
  EXPECT_DOUBLE_EQ(slowed[1].full.value(), 8 * kNic);
  cluster.overrides = {missing("leaf0", "spine0")};  // one of two uplinks of one of two leaves
  const auto cut = tiers_of(graph_of(cluster));
  EXPECT_DOUBLE_EQ(cut[2].bisection.value(), 1.5 * 16 * kNic);
  EXPECT_DOUBLE_EQ(cut[2].oversubscription(), 2 / 1.5);
}

}  // namespace
}  // namespace seqspan::sim
