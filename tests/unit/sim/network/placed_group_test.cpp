#include "sim/network/placed_group.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "sim/network/enumerated_placement.hpp"
#include "sim/network/regular_placement.hpp"
#include "tests/unit/sim/network/brute_force.hpp"
#include "tests/unit/sim/network/clusters.hpp"

namespace seqspan::sim {
namespace {

using test::kPatterns;
using test::nodes_of_eight;
using test::simulate;

bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * (1 + std::abs(b)); }

bool near(const LinkLoads& a, const LinkLoads& b) {
  return near(a.nvlink, b.nvlink) && near(a.nic, b.nic) && near(a.spine, b.spine);
}

void expect_loads(const LinkLoads& loads, double nvlink, double nic, double spine) {
  EXPECT_DOUBLE_EQ(loads.nvlink, nvlink);
  EXPECT_DOUBLE_EQ(loads.nic, nic);
  EXPECT_DOUBLE_EQ(loads.spine, spine);
}

// The 8 ranks of a Ulysses group at stride 8 sit on 8 nodes: 7/8 of the buffer goes to other nodes.
TEST(PlacedGroup, TensorFillsTheNodeAndLeavesUlyssesToTheNics) {
  const PlacedGroup group = place(nodes_of_eight(8), {8, 8}, 64);
  EXPECT_EQ(group.domains, 8);
  EXPECT_EQ(group.domain_members, 1);
  expect_loads(group.all_to_all, 0, 7.0 / 8, 0);
  expect_loads(group.ring_collective, 0, 7.0 / 8, 0);
  expect_loads(group.ring_shift, 0, 1, 0);
}

// 16 ranks on 2 nodes. All-to-all: 7 peers near, 8 far. Ring: 15/16 leaves each node over 8 NICs,
// and each GPU passes 15/16 on inside the node in 7 of 8 channels. Shift: only GPUs 7 and 15 leave.
TEST(PlacedGroup, TwoWholeNodes) {
  const PlacedGroup group = place(nodes_of_eight(2), {16, 1}, 16);
  EXPECT_EQ(group.domains, 2);
  EXPECT_EQ(group.domain_members, 8);
  expect_loads(group.all_to_all, 7.0 / 16, 8.0 / 16, 0);
  expect_loads(group.ring_collective, 15.0 / 16 * 7 / 8, 15.0 / 16 / 8, 0);
  expect_loads(group.ring_shift, 1, 1, 0);
  const LinkLoads all_reduce = group.loads(Collective::kAllReduce);
  EXPECT_DOUBLE_EQ(all_reduce.nic, 2 * group.ring_collective.nic);
  EXPECT_DOUBLE_EQ(all_reduce.nvlink, 2 * group.ring_collective.nvlink);
}

// 4 NICs for 8 GPUs: every pair of GPUs puts both its halves on one NIC. 4 ranks at stride 4 on two
// nodes, k = 2: all-to-all 2 x 2/4; ring 2 x 3/(4 x 2); shift: GPUs 4 to 7 leave, two per NIC.
TEST(PlacedGroup, SharedNics) {
  Cluster cluster = nodes_of_eight(2);
  cluster.nics_per_node = 4;
  const PlacedGroup group = place(cluster, {4, 4}, 16);
  expect_loads(group.all_to_all, 1.0 / 4, 1, 0);
  expect_loads(group.ring_collective, 3.0 / 8, 3.0 / 4, 0);
  expect_loads(group.ring_shift, 1, 2, 0);
  // One group alone in the world of 16 at stride 1: one GPU leaves a node at a time.
  EXPECT_DOUBLE_EQ(place(cluster, {16, 1}, 16).ring_shift.nic, 1);
}

// Two NICs for each GPU halve what one of them carries.
TEST(PlacedGroup, SeveralNicsPerGpu) {
  Cluster cluster = nodes_of_eight(8);
  cluster.nics_per_node = 16;
  const PlacedGroup group = place(cluster, {8, 8}, 64);
  expect_loads(group.all_to_all, 0, 7.0 / 16, 0);
  expect_loads(group.ring_shift, 0, 1.0 / 2, 0);
}

// 32 ranks on 4 nodes, 2 nodes per leaf (16 NICs): 16/32 of each rank's buffer crosses the spine. A
// ring crosses it once in each direction per leaf: 31/32 over 16 NICs; a shift likewise.
TEST(PlacedGroup, SpineCarriesWhatLeavesTheLeaf) {
  Cluster cluster = nodes_of_eight(4);
  cluster.nodes_per_leaf = 2;
  const PlacedGroup group = place(cluster, {32, 1}, 32);
  EXPECT_DOUBLE_EQ(group.all_to_all.spine, 16.0 / 32);
  EXPECT_DOUBLE_EQ(group.ring_collective.spine, 31.0 / 32 / 16);
  EXPECT_DOUBLE_EQ(group.ring_shift.spine, 1.0 / 16);
  // Groups of 16 stay under their leaf.
  EXPECT_DOUBLE_EQ(place(cluster, {16, 1}, 32).all_to_all.spine, 0);
}

// Racks of 72: 64 ranks fit, the next 64 straddle racks with 8 and 56. Each of the 8 sends to 56
// far peers, and shares its ring's 63/64 with 7 others only.
TEST(PlacedGroup, RackOfSeventyTwo) {
  Cluster cluster = nodes_of_eight(36);
  cluster.gpus_per_node = 4;
  cluster.nics_per_node = 4;
  cluster.nvlink_domain = 72;
  EXPECT_DOUBLE_EQ(place(cluster, {8, 1}, 144).all_to_all.nic, 0);
  EXPECT_DOUBLE_EQ(place(cluster, {72, 1}, 144).ring_shift.nic, 0);
  const PlacedGroup straddling = place(cluster, {64, 1}, 128);
  EXPECT_EQ(straddling.domains, 2);
  EXPECT_EQ(straddling.domain_members, 64);
  expect_loads(straddling.all_to_all, 63.0 / 64, 56.0 / 64, 0);
  expect_loads(straddling.ring_collective, 63.0 / 64, 63.0 / 64 / 8, 0);
  expect_loads(straddling.ring_shift, 1, 1, 0);
}

// Stages of 4 GPUs on nodes of 8: only the hop 1 -> 2 crosses nodes, GPUs 4..7 each send one byte.
// In a ring of stages the last would send to the first as well, over NICs that are free until then.
TEST(PlacedGroup, HopsDoNotWrapAround) {
  const PlacedGroup two = place(nodes_of_eight(2), {3, 4}, 12);  // 12 of 16 GPUs
  expect_loads(two.hop, 1, 1, 0);
  // Two stages of 3: ranks 0..2 to 3..5, all in one node.
  expect_loads(place(nodes_of_eight(2), {2, 3}, 6).hop, 1, 0, 0);
  // NICs shared by the whole node, 3 stages of 8 on 3 nodes: 8 bytes on each.
  Cluster shared = nodes_of_eight(3);
  shared.nics_per_node = 1;
  expect_loads(place(shared, {3, 8}, 24).hop, 0, 8, 0);
}

TEST(PlacedGroup, NobodyToTalkTo) {
  for (const PlacedGroup& group :
       {place(nodes_of_eight(2), {1, 4}, 16), place(nodes_of_eight(2), {16, 1}, 8)}) {
    expect_loads(group.all_to_all, 0, 0, 0);
    expect_loads(group.ring_collective, 0, 0, 0);
    expect_loads(group.ring_shift, 0, 0, 0);
    expect_loads(group.hop, 0, 0, 0);
    EXPECT_EQ(group.domains, 1);
  }
}

struct Case {
  Cluster cluster;
  GroupShape shape;
  std::int64_t world = 0;
};

// The whole range from the first case on; RapidCheck would start with its lower end.
std::int64_t between(std::int64_t low, std::int64_t high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(low, high + 1));
}

// Any cluster of up to 6 domains, any shape that fits it at least once, idle GPUs allowed.
Case any_case() {
  Case any;
  any.cluster = nodes_of_eight(1);
  any.cluster.gpus_per_node = between(1, 9);
  any.cluster.nics_per_node = between(1, 12);
  const std::int64_t nodes_per_domain = between(1, 3);
  any.cluster.nvlink_domain = nodes_per_domain * any.cluster.gpus_per_node;
  any.cluster.nodes = nodes_per_domain * between(1, 6);
  any.cluster.nodes_per_leaf = between(0, 4);
  any.world = between(1, any.cluster.gpu_count());
  any.shape.size = between(1, any.world);
  any.shape.stride = between(1, any.world / any.shape.size);
  // Several runs, with blocks of siblings and gaps of whole blocks between them.
  if (any.world / any.shape.tile() >= 4 && between(0, 1) == 1) {
    const std::int64_t blocks = between(2, any.world / any.shape.tile() / 2);
    const std::int64_t runs = between(2, any.world / any.shape.tile() / blocks);
    any.shape = {any.shape.size * runs, any.shape.stride, runs, any.shape.tile() * blocks};
  }
  return any;
}

std::int64_t power_of_two(std::int64_t most) { return std::int64_t{1} << between(0, most); }

// Powers of two throughout: groups, domains, leaves and NICs line up.
Case regular_case() {
  Case regular;
  regular.cluster = nodes_of_eight(1);
  regular.cluster.gpus_per_node = power_of_two(3);
  regular.cluster.nics_per_node = power_of_two(4);
  const std::int64_t nodes_per_domain = power_of_two(1);
  regular.cluster.nvlink_domain = nodes_per_domain * regular.cluster.gpus_per_node;
  regular.cluster.nodes = nodes_per_domain * power_of_two(3);
  const std::int64_t leaf = nodes_per_domain * power_of_two(2);
  regular.cluster.nodes_per_leaf = leaf <= regular.cluster.nodes ? leaf : 0;
  regular.shape.size = std::min(power_of_two(5), regular.cluster.gpu_count());
  regular.shape.stride =
      std::min(power_of_two(4), regular.cluster.gpu_count() / regular.shape.size);
  const std::int64_t left = regular.cluster.gpu_count() / regular.shape.tile();
  if (left >= 4 && between(0, 1) == 1) {
    const std::int64_t blocks = std::min(2 * power_of_two(2), left / 2);
    const std::int64_t runs = std::min(2 * power_of_two(2), left / blocks);
    regular.shape = {regular.shape.size * runs, regular.shape.stride, runs,
                     regular.shape.tile() * blocks};
  }
  const std::int64_t tile = regular.shape.tile();
  regular.world = tile * between(1, regular.cluster.gpu_count() / tile);
  return regular;
}

RC_GTEST_PROP(PlacedGroup, EqualsEveryMessageSentOneByOne, ()) {
  const Case any = any_case();
  const PlacedGroup group = place(any.cluster, any.shape, any.world);
  for (const Collective pattern : kPatterns) {
    RC_ASSERT(
        near(group.loads(pattern), simulate(any.cluster, any.shape, any.world, pattern).loads));
  }
}

RC_GTEST_PROP(PlacedGroup, ClosedFormEqualsEnumeration, ()) {
  const Case regular = regular_case();
  const auto closed = place_regular(regular.cluster, regular.shape, regular.world);
  const auto counted = place_by_enumeration(regular.cluster, regular.shape, regular.world);
  RC_ASSERT(closed.has_value());
  RC_CLASSIFY(counted.all_to_all.spine > 0, "over the spine");
  RC_CLASSIFY(counted.all_to_all.nic > 0, "over NICs");
  RC_CLASSIFY(regular.shape.runs > 1 && counted.all_to_all.nic > 0, "runs over NICs");
  RC_ASSERT(closed->domains == counted.domains);
  RC_ASSERT(closed->domain_members == counted.domain_members);
  for (const Collective pattern : kPatterns) {
    RC_ASSERT(near(closed->loads(pattern), counted.loads(pattern)));
  }
}

// Where every rank does the same with a NIC of its own, its two loads add up to what it sends.
RC_GTEST_PROP(PlacedGroup, ConservesBytes, ()) {
  Case regular = regular_case();
  regular.cluster.nics_per_node = regular.cluster.gpus_per_node;
  const auto group = place_regular(regular.cluster, regular.shape, regular.world);
  RC_ASSERT(group.has_value());
  const std::int64_t bytes = 1024 * regular.shape.size;
  for (const Collective collective :
       {Collective::kAllToAll, Collective::kAllGather, Collective::kAllReduce}) {
    const LinkLoads loads = group->loads(collective);
    const Communication communication{collective, Axis::kShard, Bytes(bytes), 1};
    RC_ASSERT(near((loads.nvlink + loads.nic) * static_cast<double>(bytes),
                   static_cast<double>(bytes_sent(communication, regular.shape.size).value())));
  }
}

// The patterns themselves send what bytes_sent() says, whatever the cluster.
RC_GTEST_PROP(PlacedGroup, PatternsSendWhatAnOpSends, ()) {
  const Case any = any_case();
  if (any.shape.size == 1) return;  // a rank alone has no successor to send to
  const std::int64_t tile = any.shape.tile();
  const std::int64_t busy = any.world / tile * tile;
  const auto ranks = static_cast<double>(busy);
  for (const Collective collective :
       {Collective::kAllToAll, Collective::kAllGather, Collective::kRingShift}) {
    const Communication communication{collective, Axis::kShard, Bytes(any.shape.size), 1};
    const double per_byte = static_cast<double>(bytes_sent(communication, any.shape.size).value()) /
                            static_cast<double>(any.shape.size);
    RC_ASSERT(near(simulate(any.cluster, any.shape, any.world, collective).sent, per_byte * ranks));
  }
}

// Which node of equal nodes a rank's node is makes no difference.
RC_GTEST_PROP(PlacedGroup, PermutingEqualNodesChangesNothing, ()) {
  Case any = any_case();
  any.cluster.nvlink_domain = any.cluster.gpus_per_node;
  any.cluster.nodes_per_leaf = 0;
  std::vector<std::int64_t> order(static_cast<std::size_t>(any.cluster.nodes));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  const std::int64_t gpus = any.cluster.gpus_per_node;
  const auto permuted = [&](std::int64_t rank) {
    return order[static_cast<std::size_t>(rank / gpus)] * gpus + rank % gpus;
  };
  const PlacedGroup group = place(any.cluster, any.shape, any.world);
  for (const Collective pattern : kPatterns) {
    RC_ASSERT(near(group.loads(pattern),
                   simulate(any.cluster, any.shape, any.world, pattern, permuted).loads));
  }
}

}  // namespace
}  // namespace seqspan::sim
