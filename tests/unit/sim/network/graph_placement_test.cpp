#include "sim/network/graph_placement.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <rapidcheck/gtest.h>

#include "sim/network/collective_time.hpp"
#include "sim/network/enumerated_placement.hpp"
#include "sim/network/flow/completion.hpp"
#include "sim/network/regular_placement.hpp"
#include "sim/network/routed_flows.hpp"
#include "tests/unit/sim/cluster/graphs.hpp"

namespace seqspan::sim {
namespace {

using test::graph_of;
using test::missing;
using test::slow;
using test::small_cluster;
using test::with_rails;

std::int64_t pick(std::vector<std::int64_t> from) { return *rc::gen::elementOf(std::move(from)); }

// Any described cluster: rails, PXN, pods, PCIe limits, NICs shared or doubled, larger domains.
Cluster any_cluster() {
  const std::int64_t gpus = pick({1, 2, 3, 4});
  Cluster cluster = small_cluster(pick({1, 2, 3, 4, 6, 8}), gpus, pick({1, 2, 3, 4, 6, 8}));
  cluster.rails = pick({0, 1}) == 1;
  cluster.pxn = pick({0, 1}) == 1;
  cluster.nodes_per_leaf = pick({0, 1, 2, 3});
  cluster.spine_switches = pick({1, 2, 3});
  if (cluster.nodes_per_leaf > 0) cluster.nodes_per_pod = pick({0, 1, 2}) * cluster.nodes_per_leaf;
  cluster.core_switches = pick({1, 2});
  cluster.spine_oversubscription = static_cast<double>(pick({1, 2, 3}));
  cluster.core_oversubscription = static_cast<double>(pick({1, 2}));
  cluster.switch_latency = Seconds(static_cast<double>(pick({0, 1})) * 1e-6);
  if (pick({0, 1}) == 1) cluster.pcie = BytesPerSecond(30e9);
  if (cluster.nodes % 2 == 0) cluster.nvlink_domain = gpus * pick({1, 2});
  return cluster;
}

// The whole range from the first case on.
std::int64_t between(std::int64_t low, std::int64_t high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(low, high + 1));
}

GroupShape any_shape(std::int64_t world) {
  GroupShape shape;
  shape.size = between(1, world);
  shape.stride = between(1, world / shape.size);
  const std::int64_t left = world / shape.tile();
  if (left < 4 || between(0, 1) == 0) return shape;
  const std::int64_t blocks = between(2, left / 2);
  const std::int64_t runs = between(2, left / blocks);
  return {shape.size * runs, shape.stride, runs, shape.tile() * blocks};
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * (1 + std::abs(b)); }

std::string text(const LinkLoads& l) {
  return fmt::format("nvlink {} pcie {} nic {} spine {} core {} latency {}", l.nvlink, l.pcie,
                     l.nic, l.spine, l.core, l.latency.value());
}

void assert_equal(const LinkLoads& a, const LinkLoads& b, const char* pattern) {
  const bool same = near(a.nvlink, b.nvlink) && near(a.pcie, b.pcie) && near(a.nic, b.nic) &&
                    near(a.spine, b.spine) && near(a.core, b.core) &&
                    std::abs(a.latency.value() - b.latency.value()) < 1e-12;
  if (!same) RC_FAIL(fmt::format("{}: {} against {}", pattern, text(a), text(b)));
}

void assert_equal(const PlacedGroup& a, const PlacedGroup& b) {
  RC_ASSERT(a.domains == b.domains);
  RC_ASSERT(a.domain_members == b.domain_members);
  assert_equal(a.all_to_all, b.all_to_all, "all-to-all");
  assert_equal(a.ring_collective, b.ring_collective, "ring collective");
  assert_equal(a.ring_shift, b.ring_shift, "ring shift");
  assert_equal(a.hop, b.hop, "hop");
}

// Arithmetic, in closed form or counted, is what every message on its route gives.
RC_GTEST_PROP(GraphPlacement, EqualsTheArithmeticOfDescribedClusters, ()) {
  const Cluster cluster = any_cluster();
  const std::int64_t world = between(1, cluster.gpu_count());
  const GroupShape shape = any_shape(world);
  const ClusterGraph graph = graph_of(cluster);
  PatternLinks links;
  const PlacedGroup counted =
      GraphPlacement(cluster, graph, PairsBy::kAll).place(shape, world, links);
  assert_equal(place_by_enumeration(cluster, shape, world), counted);
  assert_equal(place(cluster, shape, world), counted);
}

// Powers of two throughout, where the closed form answers.
RC_GTEST_PROP(GraphPlacement, EqualsTheClosedForm, ()) {
  const std::int64_t gpus = pick({1, 2, 4});
  Cluster cluster = small_cluster(pick({4, 8}), gpus, pick({1, 2, 4, 8}));
  cluster.rails = pick({0, 1}) == 1;
  cluster.pxn = pick({0, 1}) == 1;
  cluster.nodes_per_leaf = pick({1, 2, 4});
  cluster.nodes_per_pod = pick({0, 1, 2}) * cluster.nodes_per_leaf;
  cluster.spine_switches = 2;
  cluster.switch_latency = Seconds(1e-6);
  if (pick({0, 1}) == 1) cluster.pcie = BytesPerSecond(30e9);
  cluster.nvlink_domain = gpus * pick({1, 2});
  const GroupShape shape{pick({2, 4, 8}), pick({1, 2, 4, 8})};
  const std::int64_t tile = shape.size * shape.stride;
  RC_PRE(tile <= cluster.gpu_count());
  const std::int64_t world = tile * pick({1, cluster.gpu_count() / tile});
  const auto closed = place_regular(cluster, shape, world);
  RC_PRE(closed.has_value());
  const ClusterGraph graph = graph_of(cluster);
  PatternLinks links;
  assert_equal(*closed, GraphPlacement(cluster, graph, PairsBy::kAll).place(shape, world, links));
}

// A slow NIC of a GPU that has no other changes no route: each NIC's load is weighted.
RC_GTEST_PROP(GraphPlacement, EqualsTheArithmeticWithASlowNic, ()) {
  Cluster cluster = any_cluster();
  RC_PRE(cluster.nics_per_node <= cluster.gpus_per_node);
  cluster.overrides = {slow("node0.nic0", 7e9), slow("node*.nic1", 90e9)};
  if (cluster.nics_per_node == 1) cluster.overrides.pop_back();
  const ClusterGraph graph = graph_of(cluster);
  RC_ASSERT(graph.regular());
  const std::int64_t world = between(1, cluster.gpu_count());
  const GroupShape shape = any_shape(world);
  NicWeights weights;
  for (std::int64_t nic = 0; nic < graph.tiers().nics(); ++nic) {
    const double weight = nic == 0 ? 50.0 / 7 : nic % cluster.nics_per_node == 1 ? 50.0 / 90 : 1;
    weights.out.push_back(weight);
    weights.in.push_back(weight);
  }
  BusiestNics nics;
  PatternLinks links;
  const PlacedGroup counted =
      GraphPlacement(cluster, graph, PairsBy::kAll).place(shape, world, links);
  assert_equal(place_by_enumeration(cluster, shape, world, weights, nics), counted);
  const BusiestLink& busiest = links.all_to_all[static_cast<std::size_t>(LinkKind::kNic)];
  RC_ASSERT(near(nics.all_to_all.load, busiest.load));
}

// Any overrides: counting by arithmetic what is far from them is what every pair on the graph
// gives.
RC_GTEST_PROP(GraphPlacement, TouchedPairsAndArithmeticEqualAllPairs, ()) {
  Cluster cluster = any_cluster();
  const auto nic = [&] {
    return fmt::format("node{}.nic{}", between(0, cluster.nodes - 1),
                       between(0, cluster.nics_per_node - 1));
  };
  const auto gpu = [&] {
    return fmt::format("node{}.gpu{}", between(0, cluster.nodes - 1),
                       between(0, cluster.gpus_per_node - 1));
  };
  const Tiers tiers(cluster);
  for (std::int64_t i = between(1, 2); i > 0; --i) {
    switch (between(0, 5)) {
      case 0:
        cluster.overrides.push_back(missing(nic()));
        break;
      case 1:
        cluster.overrides.push_back(slow(nic(), 11e9));
        break;
      case 2:
        cluster.overrides.push_back(slow(gpu(), 13e9));
        break;
      case 3:
        if (tiers.spines_per_pod > 0) {
          cluster.overrides.push_back(slow(tiers.pods > 1 ? "pod0.spine*" : "spine*", 17e9));
        }
        break;
      case 4:
        if (tiers.pods > 1) cluster.overrides.push_back(slow("core0", 19e9, "pod1.spine0"));
        break;
      default:
        cluster.overrides.push_back(slow(cluster.rails ? "rail0.leaf0" : "leaf0", 23e9));
    }
  }
  const Result<ClusterGraph> graph = ClusterGraph::build(cluster);
  RC_PRE(graph.has_value());
  const std::int64_t world = between(1, cluster.gpu_count());
  const GroupShape shape = any_shape(world);
  PatternLinks some;
  PatternLinks all;
  GraphPlacement touched(cluster, *graph);
  RC_CLASSIFY(touched.pairs() < cluster.gpu_count() * cluster.gpu_count());
  assert_equal(touched.place(shape, world, some),
               GraphPlacement(cluster, *graph, PairsBy::kAll).place(shape, world, all));
  for (std::size_t kind = 0; kind < kLinkKinds; ++kind) {
    RC_ASSERT(near(some.all_to_all[kind].others, all.all_to_all[kind].others));
  }
}

// 2 nodes of 2 with a NIC for each GPU, all-to-all of 4: a NIC carries 2/4. Without node0.nic1 GPU
// 1 sends and receives by GPU 0's: NIC 0 carries 4/4, and the NVLink ports of both the 2/4 on top
// of the 1/4 between them.
TEST(GraphPlacement, AMissingNicLoadsItsNeighbour) {
  Cluster cluster = small_cluster(2, 2, 2);
  cluster.overrides = {missing("node0.nic1")};
  const ClusterGraph graph = graph_of(cluster);
  PatternLinks links;
  const PlacedGroup placed = GraphPlacement(cluster, graph, PairsBy::kAll).place({4, 1}, 4, links);
  EXPECT_DOUBLE_EQ(placed.all_to_all.nic, 1);
  EXPECT_DOUBLE_EQ(placed.all_to_all.nvlink, 3.0 / 4);
  const BusiestLink& nic = links.all_to_all[static_cast<std::size_t>(LinkKind::kNic)];
  EXPECT_DOUBLE_EQ(nic.others, 1.0 / 2);
  EXPECT_TRUE(nic.stands_out());
}

// Two GPUs without NVLink behind one PCIe switch with one NIC, twice: PCIe is given, and carries
// what the GPUs say to each other (1/4 of S) and to the other node (2/4); the NIC what both send.
TEST(GraphPlacement, GpusWithoutNvlink) {
  Cluster cluster = small_cluster(2, 2, 1);
  const auto link = [](const std::string& from, const std::string& to, double bandwidth) {
    return GivenLink{from, to, BytesPerSecond(bandwidth), Seconds(1e-6), "test"};
  };
  for (const std::string node : {"node0", "node1"}) {
    cluster.links.push_back(link(node + ".gpu0", node + ".pcie0", 25e9));
    cluster.links.push_back(link(node + ".gpu1", node + ".pcie0", 25e9));
    cluster.links.push_back(link(node + ".pcie0", node + ".nic0", 50e9));
    cluster.links.push_back(link(node + ".nic0", "leaf0", 50e9));
  }
  const ClusterGraph graph = graph_of(cluster);
  PatternLinks links;
  const PlacedGroup placed = GraphPlacement(cluster, graph, PairsBy::kAll).place({4, 1}, 4, links);
  EXPECT_EQ(placed.domains, 4);
  EXPECT_DOUBLE_EQ(placed.all_to_all.nvlink, 0);
  EXPECT_DOUBLE_EQ(placed.all_to_all.nic, 1);
  EXPECT_DOUBLE_EQ(placed.all_to_all.pcie, 3.0 / 4 * 50 / 25);  // nominal: the fabric's 50 GB/s
}

// The cluster of placement_benchmark.cpp made smaller: 16 nodes of 8, rails, leaves of 2 nodes,
// pods of 8, 2:1 above the leaves. All-to-all of 128: the flow solver, on the graph, with every
// pair a flow, takes as long as the busiest link that the arithmetic names.
TEST(GraphPlacement, ThreeTiersEqualTheFlowSolver) {
  for (const bool pxn : {true, false}) {
    Cluster cluster = with_rails(small_cluster(16), 2);
    cluster.pxn = pxn;
    cluster.nodes_per_pod = 8;
    cluster.spine_oversubscription = 2;
    const ClusterGraph graph = graph_of(cluster);
    Routes routes(graph);
    FlowSet flows;
    add_links(graph, flows);
    const Bytes message(2 * kMebi);
    for (VertexIndex to = 0; to < 128; ++to) {
      for (VertexIndex from = 0; from < 128; ++from) {
        if (from != to) add_flow(routes, from, to, message, flows);
      }
    }
    const PlacedGroup placed = place(cluster, {128, 1}, 128);
    PatternLinks links;
    assert_equal(placed, GraphPlacement(cluster, graph, PairsBy::kAll).place({128, 1}, 128, links));
    const CommunicationTime time = communication_time(
        cluster, placed, {Collective::kAllToAll, Axis::kUlysses, 128 * message, 1});
    EXPECT_NEAR(complete(flows).last / (time.total() - time.latency), 1, 1e-9) << pxn;
  }
}

// 8,192 nodes of 8 GPUs on rails, 32 nodes under a leaf, pods of 1,024, 2:1 above the leaves. Of
// the 65,536 ranks 8 share a domain and 8,192 a pod. With PXN a rail's leaf passes to its spine
// what its 32 nodes send to ranks of other groups: per NIC (65,536 - 256)/65,536, at half a NIC's
// bandwidth; the core, as wide as the spine, carries (65,536 - 8,192)/65,536 of it.
TEST(GraphPlacement, SixtyFiveThousandGpus) {
  Cluster cluster = with_rails(small_cluster(8192), 32, 8);
  cluster.nodes_per_pod = 1024;
  cluster.core_switches = 8;
  cluster.spine_oversubscription = 2;
  const PlacedGroup placed = place(cluster, {65536, 1}, 65536);
  EXPECT_NEAR(placed.all_to_all.nic, 65528.0 / 65536, 1e-9);
  EXPECT_NEAR(placed.all_to_all.spine, 65280.0 / 65536, 1e-9);
  EXPECT_NEAR(placed.all_to_all.core, 57344.0 / 65536, 1e-9);
  EXPECT_NEAR(placed.all_to_all.nvlink, (7 + 65528.0 * 7 / 8) / 65536, 1e-9);
}

}  // namespace
}  // namespace seqspan::sim
