#include "sim/network/axis_landing.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "tests/unit/sim/cluster/graphs.hpp"

namespace seqspan::sim {
namespace {

using test::graph_of;
using test::small_cluster;
using test::with_rails;

AxisLanding landing_of(const Cluster& cluster, GroupShape shape) {
  const ClusterGraph graph = graph_of(cluster);
  Routes routes(graph);
  return land(routes, shape, graph.gpus());
}

TEST(AxisLanding, AGroupThatFillsTheNodeStaysOnNvlink) {
  const AxisLanding landing = landing_of(with_rails(small_cluster(4)), {8, 1});
  EXPECT_EQ(landing.groups, 4);
  EXPECT_EQ(landing.gpus, 32);
  EXPECT_EQ(landing.share(Reach::kNvlink), 1);
}

// Stride 8: the same GPU of every node, so every pair is on one rail.
TEST(AxisLanding, AGroupAcrossNodesStaysOnItsRail) {
  const AxisLanding landing = landing_of(with_rails(small_cluster(4)), {4, 8});
  EXPECT_EQ(landing.share(Reach::kLeaf), 1);
  EXPECT_EQ(landing.furthest[static_cast<std::size_t>(Reach::kLeaf)], 32);
}

// 16 ranks on 2 nodes: a rank has 7 peers near, 1 on its rail, 7 on other rails.
TEST(AxisLanding, TwoNodesOfRails) {
  Cluster cluster = with_rails(small_cluster(2));
  const AxisLanding pxn = landing_of(cluster, {16, 1});
  EXPECT_DOUBLE_EQ(pxn.share(Reach::kNvlink), 7.0 / 15);
  EXPECT_DOUBLE_EQ(pxn.share(Reach::kLeaf), 1.0 / 15);
  EXPECT_DOUBLE_EQ(pxn.share(Reach::kPxn), 7.0 / 15);
  cluster.pxn = false;
  const AxisLanding spine = landing_of(cluster, {16, 1});
  EXPECT_DOUBLE_EQ(spine.share(Reach::kSpine), 7.0 / 15);
  EXPECT_EQ(spine.furthest[static_cast<std::size_t>(Reach::kSpine)], 16);
}

// Counting by seats and going route by route find the same.
RC_GTEST_PROP(AxisLanding, SeatsAgreeWithRoutes, ()) {
  const auto pick = [](std::vector<std::int64_t> from) {
    return *rc::gen::elementOf(std::move(from));
  };
  Cluster cluster = small_cluster(pick({2, 4, 6, 8}), pick({1, 2, 4}), pick({1, 2, 4, 8}));
  cluster.rails = pick({0, 1}) == 1;
  cluster.pxn = pick({0, 1}) == 1;
  cluster.nodes_per_leaf = pick({0, 1, 2, 3});
  if (cluster.nodes_per_leaf > 0) cluster.nodes_per_pod = pick({0, 1, 2}) * cluster.nodes_per_leaf;
  cluster.nvlink_domain = cluster.gpus_per_node * pick({1, 2});
  GroupShape shape{pick({1, 2, 3, 4, 8}), pick({1, 2, 3, 4})};
  if (pick({0, 1}) == 1) shape = {2 * shape.size, shape.stride, 2, 3 * shape.tile()};
  const ClusterGraph graph = graph_of(cluster);
  Routes routes(graph);
  const AxisLanding landing = land(routes, shape, graph.gpus());

  AxisLanding expected;
  const std::int64_t tile = shape.tile();
  const std::int64_t run_stride = shape.runs == 1 ? tile : shape.run_stride;
  const auto world = static_cast<VertexIndex>(graph.gpus() / tile * tile);
  for (VertexIndex a = 0; a < world; ++a) {
    Reach furthest = Reach::kNvlink;
    for (VertexIndex b = 0; b < world; ++b) {
      const bool siblings = a / tile == b / tile && a % shape.stride == b % shape.stride &&
                            a % run_stride / shape.block() == b % run_stride / shape.block();
      if (a == b || !siblings) continue;
      const Reach reach = routes.reach(a, b);
      ++expected.pairs[static_cast<std::size_t>(reach)];
      furthest = std::max(furthest, reach);
    }
    ++expected.furthest[static_cast<std::size_t>(furthest)];
  }
  RC_ASSERT(landing.pairs == expected.pairs);
  RC_ASSERT(landing.furthest == expected.furthest);
  RC_ASSERT(landing.gpus == static_cast<std::int64_t>(world));
}

}  // namespace
}  // namespace seqspan::sim
