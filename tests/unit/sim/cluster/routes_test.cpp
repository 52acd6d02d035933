#include "sim/cluster/routes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include <rapidcheck/gtest.h>

#include "sim/network/flow/completion.hpp"
#include "sim/network/routed_flows.hpp"
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

// "node0.gpu0 node0.pcie0 node0.nic0 leaf0 ..."
std::string path(Routes& routes, VertexIndex source, VertexIndex destination) {
  std::string text = routes.graph().name(source);
  VertexIndex at = source;
  for (const EdgeIndex e : routes.route(source, destination)) {
    EXPECT_EQ(routes.graph().edge(e).from, at);
    at = routes.graph().edge(e).to;
    text += " " + routes.graph().name(at);
  }
  EXPECT_EQ(at, destination);
  return text;
}

TEST(Routes, NvlinkInsideANode) {
  const ClusterGraph graph = graph_of(small_cluster(2));
  Routes routes(graph);
  EXPECT_EQ(path(routes, 1, 6), "node0.gpu1 node0.nvswitch0 node0.gpu6");
  EXPECT_TRUE(routes.route(3, 3).empty());
  EXPECT_EQ(routes.reach(1, 6), Reach::kNvlink);
  EXPECT_DOUBLE_EQ(routes.latency(1, 6).value(), 2e-6);
}

TEST(Routes, OwnNicsAndOneLeafBetweenNodes) {
  const ClusterGraph graph = graph_of(small_cluster(2));
  Routes routes(graph);
  EXPECT_EQ(path(routes, 1, 14),
            "node0.gpu1 node0.pcie1 node0.nic1 leaf0 node1.nic6 node1.pcie6 node1.gpu6");
  EXPECT_EQ(routes.reach(1, 14), Reach::kLeaf);
  EXPECT_DOUBLE_EQ(routes.latency(1, 14).value(), 10e-6);
}

TEST(Routes, SameRailStaysUnderItsLeaf) {
  const ClusterGraph graph = graph_of(with_rails(small_cluster(2)));
  Routes routes(graph);
  EXPECT_EQ(path(routes, 1, 9),
            "node0.gpu1 node0.pcie1 node0.nic1 rail1.leaf0 node1.nic1 node1.pcie1 node1.gpu1");
}

TEST(Routes, AnotherRailOverNvlinkWithPxn) {
  const ClusterGraph graph = graph_of(with_rails(small_cluster(2)));
  Routes routes(graph);
  EXPECT_EQ(path(routes, 7, 8),
            "node0.gpu7 node0.nvswitch0 node0.gpu0 node0.pcie0 node0.nic0 rail0.leaf0 node1.nic0 "
            "node1.pcie0 node1.gpu0");
  EXPECT_EQ(routes.reach(7, 8), Reach::kPxn);
}

TEST(Routes, AnotherRailOverTheSpineWithoutPxn) {
  Cluster cluster = with_rails(small_cluster(2));
  cluster.pxn = false;
  const ClusterGraph graph = graph_of(cluster);
  Routes routes(graph);
  EXPECT_EQ(path(routes, 7, 8),
            "node0.gpu7 node0.pcie7 node0.nic7 rail7.leaf0 spine0 rail0.leaf0 node1.nic0 "
            "node1.pcie0 node1.gpu0");
  EXPECT_EQ(routes.reach(7, 8), Reach::kSpine);
}

TEST(Routes, PodsMeetAtTheCore) {
  Cluster cluster = small_cluster(4);
  cluster.nodes_per_leaf = 1;
  cluster.nodes_per_pod = 2;
  cluster.switch_latency = Seconds(0.5e-6);
  const ClusterGraph graph = graph_of(cluster);
  Routes routes(graph);
  EXPECT_EQ(path(routes, 0, 31),
            "node0.gpu0 node0.pcie0 node0.nic0 leaf0 pod0.spine0 core0 pod1.spine0 leaf3 "
            "node3.nic7 node3.pcie7 node3.gpu7");
  EXPECT_EQ(routes.reach(0, 31), Reach::kCore);
  EXPECT_DOUBLE_EQ(routes.latency(0, 31).value(), 10e-6 + 4 * 0.5e-6);
}

// A rack of 18 x 4 under one NVLink switch, then another: between racks over NICs.
TEST(Routes, RacksOfSeventyTwo) {
  Cluster cluster = small_cluster(36, 4, 4);
  cluster.nvlink_domain = 72;
  const ClusterGraph graph = graph_of(cluster);
  Routes routes(graph);
  EXPECT_EQ(path(routes, 0, 71), "node0.gpu0 domain0.nvswitch0 node17.gpu3");
  EXPECT_EQ(path(routes, 0, 72),
            "node0.gpu0 node0.pcie0 node0.nic0 leaf0 node18.nic0 node18.pcie0 node18.gpu0");
}

// 2 of 4 spines get each pair half of the time; an even split gives each a quarter.
TEST(Routes, EqualSpinesShareTheTraffic) {
  Cluster cluster = small_cluster(2);
  cluster.nodes_per_leaf = 1;
  cluster.spine_switches = 4;
  const ClusterGraph graph = graph_of(cluster);
  Routes routes(graph);
  std::map<EdgeIndex, int> taken;
  for (VertexIndex a = 0; a < 8; ++a) {
    for (VertexIndex b = 8; b < 16; ++b) ++taken[routes.route(a, b)[3]];
  }
  EXPECT_EQ(taken.size(), 4U);  // 64 pairs, about 16 each
  for (const auto& [edge, count] : taken) {
    EXPECT_GT(count, 6);
    EXPECT_LT(count, 27);
  }
  int quarters = 0;
  for (const EdgeShare& share : routes.split(0, 8)) quarters += share.part == 0.25 ? 1 : 0;
  EXPECT_EQ(quarters, 8);  // four up, four down
}

TEST(Routes, AMissingNicIsReplacedByANeighbours) {
  Cluster cluster = small_cluster(2, 2, 2);
  cluster.overrides = {missing("node0.nic1")};
  const ClusterGraph graph = graph_of(cluster);
  Routes routes(graph);
  EXPECT_EQ(path(routes, 1, 3),
            "node0.gpu1 node0.nvswitch0 node0.gpu0 node0.pcie0 node0.nic0 leaf0 node1.nic1 "
            "node1.pcie1 node1.gpu1");
  EXPECT_EQ(path(routes, 3, 1),
            "node1.gpu1 node1.pcie1 node1.nic1 leaf0 node0.nic0 node0.pcie0 node0.gpu0 "
            "node0.nvswitch0 node0.gpu1");
}

TEST(Routes, ASlowUplinkIsAvoidedAMissingOneMust) {
  Cluster cluster = small_cluster(2, 1, 1);
  cluster.nodes_per_leaf = 1;
  cluster.spine_switches = 2;
  for (const LinkOverride& fault : {slow("leaf0", 1e9, "spine0"), missing("leaf0", "spine0")}) {
    cluster.overrides = {fault};
    const ClusterGraph graph = graph_of(cluster);
    Routes routes(graph);
    EXPECT_EQ(path(routes, 0, 1),
              "node0.gpu0 node0.pcie0 node0.nic0 leaf0 spine1 leaf1 node1.nic0 node1.pcie0 "
              "node1.gpu0");
  }
}

// NICs are no switches: a node with a port on two leaves does not join them.
TEST(Routes, NicsAreNotPassedThrough) {
  Cluster cluster = small_cluster(3, 1, 1);
  const auto link = [](const char* from, const char* to) {
    return GivenLink{from, to, BytesPerSecond(kNic), Seconds(0), "test"};
  };
  cluster.links = {link("node0.gpu0", "node0.nic0"), link("node1.gpu0", "node1.nic0"),
                   link("node2.gpu0", "node2.nic0"), link("node0.nic0", "leaf0"),
                   link("node1.nic0", "leaf0"),      link("node1.nic0", "leaf1"),
                   link("node2.nic0", "leaf1")};
  const auto graph = ClusterGraph::build(cluster);
  ASSERT_FALSE(graph.has_value());
  EXPECT_EQ(graph.error().what, "node2.gpu0 cannot reach node0.gpu0");
}

// Any described cluster: the arithmetic and the search take the same links, and split alike.
Cluster arbitrary_cluster() {
  const auto pick = [](std::vector<std::int64_t> from) {
    return *rc::gen::elementOf(std::move(from));
  };
  const std::int64_t gpus = pick({1, 2, 3, 4});
  Cluster cluster = small_cluster(pick({1, 2, 3, 4, 6, 8}), gpus, pick({1, 2, 3, 4, 6, 8}));
  cluster.rails = pick({0, 1}) == 1;
  cluster.pxn = pick({0, 1}) == 1;
  cluster.nodes_per_leaf = pick({0, 1, 2, 3});
  cluster.spine_switches = pick({1, 2, 3});
  if (cluster.nodes_per_leaf > 0) cluster.nodes_per_pod = pick({0, 1, 2}) * cluster.nodes_per_leaf;
  cluster.core_switches = pick({1, 2});
  cluster.spine_oversubscription = static_cast<double>(pick({1, 2, 3}));
  if (cluster.nodes % 2 == 0) cluster.nvlink_domain = gpus * pick({1, 2});
  if (cluster.nics_per_node <= gpus && pick({0, 1}) == 1) {
    cluster.overrides = {slow("node0.nic0", 7e9)};
  }
  return cluster;
}

RC_GTEST_PROP(Routes, ArithmeticAndSearchAgree, ()) {
  const Cluster cluster = arbitrary_cluster();
  const ClusterGraph graph = graph_of(cluster);
  RC_ASSERT(graph.regular());
  Routes tiers(graph);
  Routes search(graph, RoutesBy::kSearch);
  const auto gpus = static_cast<VertexIndex>(graph.gpus());
  for (VertexIndex b = 0; b < gpus; ++b) {
    for (VertexIndex a = 0; a < gpus; ++a) {
      RC_ASSERT(tiers.route(a, b) == search.route(a, b));
      const auto x = tiers.split(a, b);
      const auto y = search.split(a, b);
      RC_ASSERT(x.size() == y.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        RC_ASSERT(x[i].edge == y[i].edge);
        RC_ASSERT(std::abs(x[i].part - y[i].part) < 1e-12);
      }
    }
  }
}

// All-to-all of 1 GB per rank between two nodes of 8: each NIC sends 8/16 of it at 50 GB/s, 10 ms;
// NVLink carries 7/16 at 450.
TEST(Routes, FlowsOfAnAllToAll) {
  const ClusterGraph graph = graph_of(small_cluster(2));
  Routes routes(graph);
  FlowSet flows;
  add_links(graph, flows);
  std::vector<double> loads(graph.edges().size());
  for (VertexIndex b = 0; b < 16; ++b) {
    for (VertexIndex a = 0; a < 16; ++a) {
      if (a == b) continue;
      add_flow(routes, a, b, Bytes(62500000), flows);
      add_load(routes, a, b, 62.5e6, loads);
    }
  }
  EXPECT_EQ(flows.flow_count(), 240U);
  EXPECT_NEAR(complete(flows).last.value(), 0.5e9 / kNic, 1e-9);
  double bound = 0;
  for (std::size_t e = 0; e < loads.size(); ++e) {
    bound = std::max(bound, loads[e] / graph.edges()[e].bandwidth.value());
  }
  EXPECT_NEAR(bound, 0.5e9 / kNic, 1e-9);
}

// 8,192 nodes of 8 with rails, three tiers, 2:1. Counts: 4 cables per GPU; 2,048 leaves
// (256 groups x 8) x 8 spines; 8 pods x 8 spines x 8 cores.
TEST(Routes, SixtyFiveThousandGpus) {
  Cluster cluster = with_rails(small_cluster(8192), 32, 8);
  cluster.nodes_per_pod = 1024;
  cluster.core_switches = 8;
  cluster.spine_oversubscription = 2;
  const ClusterGraph graph = graph_of(cluster);
  EXPECT_EQ(graph.gpus(), 65536);
  EXPECT_EQ(graph.edges().size(), 2U * (4 * 65536 + 2048 * 8 + 64 * 8));
  Routes routes(graph);
  std::vector<EdgeIndex> links;
  std::size_t total = 0;
  for (VertexIndex a = 0; a < 65536; ++a) {
    routes.route(a, (a * 7919U + 12345U) % 65536U, links);
    total += links.size();
  }
  EXPECT_GT(total, 65536U * 6);
}

}  // namespace
}  // namespace seqspan::sim
