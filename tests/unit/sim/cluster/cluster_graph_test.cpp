#include "sim/cluster/cluster_graph.hpp"

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

double bandwidth(const ClusterGraph& graph, const char* from, const char* to) {
  const auto a = graph.find(from);
  const auto b = graph.find(to);
  if (!a || !b) return -1;
  for (const Edge& edge : graph.edges()) {
    if (edge.from == *a && edge.to == *b) return edge.bandwidth.value();
  }
  return -1;
}

// 2 x 8 GPUs, an NVLink switch per node, a PCIe switch and a NIC per GPU, one leaf for all.
// Cables: 16 GPU-NVLink, 16 GPU-PCIe, 16 PCIe-NIC, 16 NIC-leaf; two edges each.
TEST(ClusterGraph, CountsOfTwoNodesUnderOneLeaf) {
  const ClusterGraph graph = graph_of(small_cluster(2));
  EXPECT_EQ(graph.gpus(), 16);
  EXPECT_EQ(graph.count(VertexKind::kNvlinkSwitch), 2);
  EXPECT_EQ(graph.count(VertexKind::kPcieSwitch), 16);
  EXPECT_EQ(graph.count(VertexKind::kNic), 16);
  EXPECT_EQ(graph.count(VertexKind::kLeaf), 1);
  EXPECT_EQ(graph.count(VertexKind::kSpine), 0);
  EXPECT_EQ(graph.vertex_count(), 16U + 2 + 16 + 16 + 1);
  EXPECT_EQ(graph.edges().size(), 2U * 4 * 16);
  EXPECT_EQ(graph.name(11), "node1.gpu3");
}

// 8 nodes in 2 groups of 4 with 8 rails: 16 leaves; 2 spines; each leaf is linked to both.
// A leaf has 4 NICs of 50 GB/s below it, 2:1 makes 100 GB/s up, 50 to each spine.
TEST(ClusterGraph, RailsHaveALeafEachAndShareTheSpine) {
  Cluster cluster = with_rails(small_cluster(8), 4, 2);
  cluster.spine_oversubscription = 2;
  const ClusterGraph graph = graph_of(cluster);
  EXPECT_EQ(graph.count(VertexKind::kLeaf), 16);
  EXPECT_EQ(graph.count(VertexKind::kSpine), 2);
  EXPECT_EQ(graph.edges().size(), 2U * (4 * 64 + 16 * 2));
  EXPECT_EQ(bandwidth(graph, "node3.nic5", "rail5.leaf0"), kNic);
  EXPECT_EQ(bandwidth(graph, "node4.nic5", "rail5.leaf1"), kNic);
  EXPECT_EQ(bandwidth(graph, "node4.nic5", "rail5.leaf0"), -1);
  EXPECT_EQ(bandwidth(graph, "rail7.leaf1", "spine1"), 50e9);
  EXPECT_EQ(bandwidth(graph, "spine1", "rail7.leaf1"), 50e9);
}

// 8 nodes, 2 per leaf, 4 per pod: 2 pods of 2 leaves. A leaf has 2 x 8 x 50 = 800 GB/s below and,
// at 2:1, 400 above on 2 spines, 200 each. A spine has 2 x 200 below and at 2:1 200 above, 4 cores.
TEST(ClusterGraph, ThreeTiers) {
  Cluster cluster = small_cluster(8);
  cluster.nodes_per_leaf = 2;
  cluster.nodes_per_pod = 4;
  cluster.spine_switches = 2;
  cluster.core_switches = 4;
  cluster.spine_oversubscription = 2;
  cluster.core_oversubscription = 2;
  const ClusterGraph graph = graph_of(cluster);
  EXPECT_EQ(graph.count(VertexKind::kLeaf), 4);
  EXPECT_EQ(graph.count(VertexKind::kSpine), 4);
  EXPECT_EQ(graph.count(VertexKind::kCore), 4);
  EXPECT_EQ(bandwidth(graph, "leaf2", "pod1.spine1"), 200e9);
  EXPECT_EQ(bandwidth(graph, "leaf2", "pod0.spine1"), -1);
  EXPECT_EQ(bandwidth(graph, "pod0.spine1", "core3"), 50e9);
}

// 18 nodes of 4 in one NVLink domain of 72.
TEST(ClusterGraph, NvlinkDomainLargerThanANode) {
  Cluster cluster = small_cluster(18, 4, 4);
  cluster.nvlink_domain = 72;
  const ClusterGraph graph = graph_of(cluster);
  EXPECT_EQ(graph.count(VertexKind::kNvlinkSwitch), 1);
  EXPECT_EQ(bandwidth(graph, "node17.gpu3", "domain0.nvswitch0"), kNvlink);
}

// 4 NICs for 8 GPUs: GPUs 2i and 2i+1 and NIC i share PCIe switch i.
TEST(ClusterGraph, SharedNics) {
  const ClusterGraph graph = graph_of(small_cluster(2, 8, 4));
  EXPECT_EQ(graph.count(VertexKind::kPcieSwitch), 8);
  EXPECT_EQ(bandwidth(graph, "node1.gpu6", "node1.pcie3"), kNic);
  EXPECT_EQ(bandwidth(graph, "node1.gpu7", "node1.pcie3"), kNic);
  EXPECT_EQ(bandwidth(graph, "node1.pcie3", "node1.nic3"), kNic);
}

// 8 NICs for 4 GPUs: GPU i has NICs 2i and 2i+1 behind its switch, and PCIe carries both.
TEST(ClusterGraph, SeveralNicsPerGpu) {
  const ClusterGraph graph = graph_of(small_cluster(2, 4, 8));
  EXPECT_EQ(graph.count(VertexKind::kPcieSwitch), 8);
  EXPECT_EQ(bandwidth(graph, "node1.gpu2", "node1.pcie2"), 2 * kNic);
  EXPECT_EQ(bandwidth(graph, "node1.pcie2", "node1.nic4"), kNic);
  EXPECT_EQ(bandwidth(graph, "node1.pcie2", "node1.nic5"), kNic);
  EXPECT_EQ(bandwidth(graph, "node1.pcie2", "node1.nic6"), -1);
}

// The last leaf of 5 nodes with 2 each has one node, and half the uplink.
TEST(ClusterGraph, LastLeafIsSmallerInProportion) {
  Cluster cluster = small_cluster(5);
  cluster.nodes_per_leaf = 2;
  const ClusterGraph graph = graph_of(cluster);
  EXPECT_EQ(bandwidth(graph, "leaf0", "spine0"), 16 * kNic);
  EXPECT_EQ(bandwidth(graph, "leaf2", "spine0"), 8 * kNic);
}

TEST(ClusterGraph, OverridesSlowWhatTheyName) {
  Cluster cluster = small_cluster(4);
  cluster.nic.efficiency = 0.8;
  cluster.overrides = {slow("node3.nic5", 25e9), missing("node0.gpu1", "node0.nvswitch0")};
  cluster.overrides.back().one_way = true;
  const ClusterGraph graph = graph_of(cluster);
  EXPECT_EQ(bandwidth(graph, "node3.nic5", "leaf0"), 20e9);  // 0.8 x 25
  EXPECT_EQ(bandwidth(graph, "leaf0", "node3.nic5"), 20e9);
  EXPECT_EQ(bandwidth(graph, "node3.nic4", "leaf0"), 40e9);
  EXPECT_EQ(bandwidth(graph, "node0.gpu1", "node0.nvswitch0"), 0);
  EXPECT_EQ(bandwidth(graph, "node0.nvswitch0", "node0.gpu1"), kNvlink);
  ASSERT_EQ(graph.faults().size(), 2U);
  EXPECT_EQ(graph.faults()[0].links, 2);
  EXPECT_EQ(graph.faults()[0].before.value(), 40e9);
  EXPECT_EQ(graph.faults()[1].links, 1);
}

// Nodes 2 and 3 of another kind, with NICs of 100 GB/s: their PCIe follows.
TEST(ClusterGraph, NodesOfTwoKinds) {
  Cluster cluster = small_cluster(4);
  cluster.overrides = {slow("node2-3.nic*", 100e9)};
  const ClusterGraph graph = graph_of(cluster);
  EXPECT_EQ(graph.faults()[0].links, 2 * 8 * 2);
  EXPECT_EQ(bandwidth(graph, "node3.nic0", "leaf0"), 100e9);
  EXPECT_EQ(bandwidth(graph, "node3.gpu0", "node3.pcie0"), 100e9);
  EXPECT_EQ(bandwidth(graph, "node1.gpu0", "node1.pcie0"), 50e9);
  EXPECT_TRUE(graph.regular());
}

GivenLink link(std::string from, std::string to, double bandwidth) {
  return {std::move(from), std::move(to), BytesPerSecond(bandwidth), Seconds(1e-6), "test"};
}

Cluster two_nodes_by_hand() {
  Cluster cluster = small_cluster(2, 1, 1);
  cluster.links = {link("node0.gpu0", "node0.nic0", 64e9), link("node1.gpu0", "node1.nic0", 64e9),
                   link("node0.nic0", "leaf0", 50e9), link("node1.nic0", "leaf0", 25e9)};
  return cluster;
}

TEST(ClusterGraph, LinkByLink) {
  const ClusterGraph graph = graph_of(two_nodes_by_hand());
  EXPECT_FALSE(graph.described());
  EXPECT_EQ(graph.vertex_count(), 5U);
  EXPECT_EQ(graph.edges().size(), 8U);
  EXPECT_EQ(bandwidth(graph, "leaf0", "node1.nic0"), 25e9);
}

void expect_refused(const Cluster& cluster, const std::string& words) {
  const Result<ClusterGraph> graph = ClusterGraph::build(cluster);
  ASSERT_FALSE(graph.has_value());
  EXPECT_NE(graph.error().what.find(words), std::string::npos) << graph.error().what;
  EXPECT_EQ(graph.error().where, "test");
}

TEST(ClusterGraph, RefusesWhatDoesNotFit) {
  Cluster cluster = two_nodes_by_hand();
  cluster.links.pop_back();
  expect_refused(cluster, "node1.gpu0 cannot reach node0.gpu0");
  cluster = two_nodes_by_hand();
  cluster.nodes = 3;
  expect_refused(cluster, "reaches node2.gpu0");
  cluster = two_nodes_by_hand();
  cluster.links.push_back(link("node2.gpu0", "node2.nic0", 1e9));
  expect_refused(cluster, "node2.gpu0 is not in the cluster");
  cluster = two_nodes_by_hand();
  cluster.links.push_back(link("node0.gpu0", "leaf0", 1e9));
  expect_refused(cluster, "node0.gpu0 and leaf0 cannot be joined");
  cluster = two_nodes_by_hand();
  cluster.links.push_back(link("leaf0", "node0.nic0", 1e9));
  expect_refused(cluster, "leaf0 and node0.nic0 are joined twice");
  cluster = two_nodes_by_hand();
  cluster.links.push_back(link("node0.gpu0", "node1.nic0", 1e9));
  expect_refused(cluster, "node0.gpu0 and node1.nic0 are in different nodes");
  cluster = two_nodes_by_hand();
  cluster.links.push_back(link("leaf0", "leaf0", 1e9));
  expect_refused(cluster, "leaf0 is joined with itself");
  cluster = two_nodes_by_hand();
  cluster.links.push_back(link("leaf0", "roof0", 1e9));
  expect_refused(cluster, "'roof0' names no vertex");
  cluster = small_cluster(2);
  cluster.overrides = {slow("node2.nic0", 1e9)};
  expect_refused(cluster, "there is no link of node2.nic0");
}

// A GPU whose NIC is gone still has NVLink; a whole node without NICs is cut off.
TEST(ClusterGraph, ANodeWithoutNicsIsCutOff) {
  Cluster cluster = small_cluster(3);
  cluster.overrides = {missing("node1.nic3")};
  EXPECT_TRUE(ClusterGraph::build(cluster).has_value());
  cluster.overrides = {missing("node1.nic*")};
  expect_refused(cluster,
                 "node1.gpu0, node1.gpu1, node1.gpu2, node1.gpu3 and 4 more cannot reach node0");
}

// Rails that meet nowhere: only PXN joins them.
TEST(ClusterGraph, RailsWithoutASpineNeedPxn) {
  Cluster cluster = with_rails(small_cluster(2), 0, 0);
  EXPECT_TRUE(ClusterGraph::build(cluster).has_value());
  cluster.pxn = false;
  const auto graph = ClusterGraph::build(cluster);
  ASSERT_FALSE(graph.has_value());
  EXPECT_NE(graph.error().what.find("node1.gpu1, node1.gpu2"), std::string::npos)
      << graph.error().what;
}

}  // namespace
}  // namespace seqspan::sim
