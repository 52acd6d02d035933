#include "sim/network/network.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sim/network/clusters.hpp"

namespace seqspan::sim {
namespace {

using test::nodes_of_eight;

Layout tensor_and_ulysses() {
  Layout layout;
  layout.tp = 8;
  layout.ulysses = 8;
  return layout;
}

TEST(Network, EveryRankIsAloneAtFirst) {
  const Cluster cluster = nodes_of_eight(8);
  const Network network(cluster);
  EXPECT_EQ(network.group(Axis::kUlysses).shape.size, 1);
  EXPECT_EQ(network.time({Collective::kAllToAll, Axis::kUlysses, Bytes(kGibi), 1}), Seconds(0));
}

// Tensor parallel groups fill the nodes; an all-to-all's 7/8 of 1 GiB crosses NICs of 50 GB/s,
// after 2 us for 7 peers.
TEST(Network, TimesTheGroupsOfALayout) {
  const Cluster cluster = nodes_of_eight(8);
  Network network(cluster);
  network.place(tensor_and_ulysses());
  EXPECT_EQ(network.group(Axis::kTensor).domains, 1);
  EXPECT_EQ(network.group(Axis::kUlysses).domains, 8);
  const Communication exchange{Collective::kAllToAll, Axis::kUlysses, Bytes(kGibi), 1};
  EXPECT_NEAR(network.time(exchange).value(), 7.0 / 8 * 1073741824 / 50e9 + 2e-6, 1e-12);
  EXPECT_EQ(network.explain(exchange).bound(), Bound::kNic);
  EXPECT_EQ(network.explain(exchange).nvlink, Seconds(0));
}

MeasuredCurve millisecond() { return *MeasuredCurve::make({{Bytes(1), Seconds(1e-3)}}); }

TEST(Network, PrefersWhatWasMeasured) {
  const Cluster cluster = nodes_of_eight(8);
  Network network(cluster);
  network.place(tensor_and_ulysses());
  const Communication gather{Collective::kAllGather, Axis::kTensor, Bytes(1), 1};
  const Bound bound = network.explain(gather).bound();
  MeasuredCurves curves;
  curves.add({Collective::kAllGather, 8, 8, TimedBy::kMeasurement,
              *MeasuredCurve::make({{Bytes(1), Seconds(2e-3)}})});
  curves.add({Collective::kAllGather, 8, 8, TimedBy::kMeasurement, millisecond()});
  network.prefer(curves);
  EXPECT_DOUBLE_EQ(network.time(gather).value(), 1e-3);
  EXPECT_EQ(network.explain(gather).bound(), bound);
  // Another collective keeps the model.
  const Communication scatter{Collective::kReduceScatter, Axis::kTensor, Bytes(1), 1};
  EXPECT_LT(network.time(scatter).value(), 1e-3);
}

// Eight Ulysses groups run side by side, one rank of each on a node: a benchmark of one group,
// alone on 8 nodes, does not stand for them.
TEST(Network, AMeasuredCurveDoesNotStandForGroupsThatShareNodes) {
  const Cluster cluster = nodes_of_eight(8);
  Network network(cluster);
  network.place(tensor_and_ulysses());
  const Communication exchange{Collective::kAllToAll, Axis::kUlysses, Bytes(kGibi), 1};
  const Seconds model = network.time(exchange);
  MeasuredCurves curves;
  curves.add({Collective::kAllToAll, 8, 1, TimedBy::kMeasurement, millisecond()});
  network.prefer(curves);
  EXPECT_EQ(network.time(exchange), model);
}

// One group of 64 consecutive ranks fills its 8 nodes.
TEST(Network, AMeasuredCurveStandsForAGroupThatFillsItsNodes) {
  const Cluster cluster = nodes_of_eight(8);
  Network network(cluster);
  Layout layout;
  layout.dp = 64;
  network.place(layout);
  MeasuredCurves curves;
  curves.add({Collective::kAllReduce, 64, 8, TimedBy::kMeasurement, millisecond()});
  network.prefer(curves);
  const Communication reduce{Collective::kAllReduce, Axis::kShard, Bytes(1), 1};
  EXPECT_DOUBLE_EQ(network.time(reduce).value(), 1e-3);
}

// Groups of 2 nodes under leaves of 3: the second has a node under each leaf, and its siblings
// share the uplinks with it. Under leaves of 4 nodes it shares none.
TEST(Network, AMeasuredCurveDoesNotStandForGroupsThatShareALeafsUplinks) {
  for (const std::int64_t nodes_per_leaf : {3, 4, 1}) {
    Cluster cluster = nodes_of_eight(12);
    cluster.nodes_per_leaf = nodes_per_leaf;
    Network network(cluster);
    Layout layout;
    layout.ulysses = 16;
    layout.dp = 6;
    network.place(layout);
    MeasuredCurves curves;
    curves.add({Collective::kAllToAll, 16, 8, TimedBy::kMeasurement, millisecond()});
    network.prefer(curves);
    const Communication exchange{Collective::kAllToAll, Axis::kUlysses, Bytes(1), 1};
    const TimedBy by = nodes_per_leaf == 3 ? TimedBy::kModel : TimedBy::kMeasurement;
    EXPECT_EQ(network.timed_by(exchange), by) << nodes_per_leaf;
  }
}

// Tensor {8, 1}, Ulysses and shard {8, 8}, expert shard {64, 1}; groups of one are not placed.
TEST(Network, RemembersShapes) {
  const Cluster cluster = nodes_of_eight(8);
  Network network(cluster);
  network.place(tensor_and_ulysses());
  EXPECT_EQ(network.remembered(), 3U);
  network.place(tensor_and_ulysses());
  EXPECT_EQ(network.remembered(), 3U);
  Layout other;
  other.dp = 64;
  network.place(other);  // shard {64, 1} is known
  EXPECT_EQ(network.remembered(), 3U);
  EXPECT_EQ(network.group(Axis::kTensor).shape.size, 1);
  EXPECT_EQ(network.group(Axis::kShard).domain_members, 8);
}

}  // namespace
}  // namespace seqspan::sim
