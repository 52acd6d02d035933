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
  Cluster cluster = nodes_of_eight(8);
  const Network network(cluster);
  EXPECT_EQ(network.group(Axis::kUlysses).shape.size, 1);
  EXPECT_EQ(network.time({Collective::kAllToAll, Axis::kUlysses, Bytes(kGibi), 1}), Seconds(0));
}

// Tensor parallel groups fill the nodes; an all-to-all's 7/8 of 1 GiB crosses NICs of 50 GB/s,
// after 2 us for 7 peers.
TEST(Network, TimesTheGroupsOfALayout) {
  Cluster cluster = nodes_of_eight(8);
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
  Cluster cluster = nodes_of_eight(8);
  Network network(cluster);
  network.place(tensor_and_ulysses());
  const Communication gather{Collective::kAllGather, Axis::kTensor, Bytes(1), 1};
  const Bound bound = network.explain(gather).bound();
  MeasuredCurves curves;
  curves.add({Collective::kAllGather,
              8,
              8,
              TimedBy::kMeasurement,
              *MeasuredCurve::make({{Bytes(1), Seconds(2e-3)}}),
              {}});
  curves.add({Collective::kAllGather, 8, 8, TimedBy::kMeasurement, millisecond(), {}});
  cluster.measured = curves;
  EXPECT_DOUBLE_EQ(network.time(gather).value(), 1e-3);
  EXPECT_EQ(network.explain(gather).bound(), bound);
  // Another collective keeps the model.
  const Communication scatter{Collective::kReduceScatter, Axis::kTensor, Bytes(1), 1};
  EXPECT_LT(network.time(scatter).value(), 1e-3);
}

// Eight Ulysses groups run side by side, one rank of each on a node: a benchmark of one group,
// alone on 8 nodes, does not stand for them.
TEST(Network, AMeasuredCurveDoesNotStandForGroupsThatShareNodes) {
  Cluster cluster = nodes_of_eight(8);
  Network network(cluster);
  network.place(tensor_and_ulysses());
  const Communication exchange{Collective::kAllToAll, Axis::kUlysses, Bytes(kGibi), 1};
  const Seconds model = network.time(exchange);
  MeasuredCurves curves;
  curves.add({Collective::kAllToAll, 8, 1, TimedBy::kMeasurement, millisecond(), {}});
  cluster.measured = curves;
  EXPECT_EQ(network.time(exchange), model);
}

// Measured with as many groups at once, as far apart, it does.
TEST(Network, AMeasuredCurveOfAllSiblingsAtOnceStandsForThem) {
  Cluster cluster = nodes_of_eight(8);
  Network network(cluster);
  network.place(tensor_and_ulysses());
  const Communication exchange{Collective::kAllToAll, Axis::kUlysses, Bytes(1), 1};
  MeasuredCurves curves;
  for (const Siblings siblings : {Siblings{4, 8}, Siblings{8, 4}}) {
    curves.add({Collective::kAllToAll, 8, 1, TimedBy::kMeasurement, millisecond(), siblings});
  }
  cluster.measured = curves;
  EXPECT_EQ(network.timed_by(exchange), TimedBy::kModel);
  curves.add({Collective::kAllToAll, 8, 1, TimedBy::kMeasurement, millisecond(), {8, 8}});
  cluster.measured = curves;
  EXPECT_DOUBLE_EQ(network.time(exchange).value(), 1e-3);
}

// One group of 64 consecutive ranks fills its 8 nodes.
TEST(Network, AMeasuredCurveStandsForAGroupThatFillsItsNodes) {
  Cluster cluster = nodes_of_eight(8);
  Network network(cluster);
  Layout layout;
  layout.dp = 64;
  network.place(layout);
  MeasuredCurves curves;
  curves.add({Collective::kAllReduce, 64, 8, TimedBy::kMeasurement, millisecond(), {}});
  cluster.measured = curves;
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
    curves.add({Collective::kAllToAll, 16, 8, TimedBy::kMeasurement, millisecond(), {}});
    cluster.measured = curves;
    const Communication exchange{Collective::kAllToAll, Axis::kUlysses, Bytes(1), 1};
    const TimedBy by = nodes_per_leaf == 3 ? TimedBy::kModel : TimedBy::kMeasurement;
    EXPECT_EQ(network.timed_by(exchange), by) << nodes_per_leaf;
  }
}

// Tensor {8, 1}, Ulysses and shard {8, 8}, expert shard {64, 1}; groups of one are not placed.
TEST(Network, RemembersShapes) {
  Cluster cluster = nodes_of_eight(8);
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

LinkOverride slow(const char* link, const char* to, double bandwidth) {
  LinkOverride item;
  item.link = link;
  item.to = to;
  item.bandwidth = BytesPerSecond(bandwidth);
  return item;
}

const Communication kExchange{Collective::kAllToAll, Axis::kUlysses, Bytes(kGibi), 1};
const Communication kGather{Collective::kAllGather, Axis::kTensor, Bytes(kGibi), 1};
const Communication kHop{Collective::kRingShift, Axis::kShard, Bytes(kGibi), 1};

// node3.nic5 at half the bandwidth: the Ulysses groups, one GPU per node, wait for it; tensor
// parallel groups stay on NVLink, and consecutive ranks 0..63 leave their nodes by GPU 7 only.
TEST(Network, ASlowNicSlowsTheGroupsThatUseItAndNothingElse) {
  const Cluster whole = nodes_of_eight(8);
  Cluster faulty = whole;
  faulty.overrides = {slow("node3.nic5", "", 25e9)};
  Network before(whole);
  Network after(faulty);
  ASSERT_TRUE(after.check().has_value());
  before.place(tensor_and_ulysses());
  after.place(tensor_and_ulysses());
  EXPECT_DOUBLE_EQ(after.explain(kExchange).nic / before.explain(kExchange).nic, 2);
  EXPECT_EQ(after.explain(kExchange).latency, before.explain(kExchange).latency);
  EXPECT_EQ(after.time(kGather), before.time(kGather));
  const auto link = after.bound_link(kExchange);
  ASSERT_TRUE(link.has_value());
  EXPECT_EQ(link->name, "node3.nic5");
  EXPECT_EQ(link->bandwidth, BytesPerSecond(25e9));
  EXPECT_EQ(link->others, BytesPerSecond(50e9));
  EXPECT_DOUBLE_EQ(link->load, 2);
  EXPECT_FALSE(after.bound_link(kGather).has_value());
  EXPECT_FALSE(before.bound_link(kExchange).has_value());

  Layout consecutive;
  consecutive.dp = 64;
  before.place(consecutive);
  after.place(consecutive);
  EXPECT_EQ(after.time(kHop), before.time(kHop));
}

// Both ways of saying it: half the spine's bandwidth in the description, and one leaf's uplinks
// at 200 of 400 GB/s (one spine switch) as an override.
TEST(Network, ASpineAtHalfBandwidthDoublesWhatCrossesItAndNothingElse) {
  Cluster whole = nodes_of_eight(4);
  whole.nodes_per_leaf = 1;
  Cluster described = whole;
  described.spine_oversubscription = 2;
  Cluster faulty = whole;
  faulty.overrides = {slow("leaf2", "spine0", 200e9)};
  Layout layout;
  layout.tp = 8;
  layout.ulysses = 4;
  Network before(whole);
  before.place(layout);
  for (const Cluster& cluster : {described, faulty}) {
    Network after(cluster);
    ASSERT_TRUE(after.check().has_value());
    after.place(layout);
    const CommunicationTime a = before.explain(kExchange);
    const CommunicationTime b = after.explain(kExchange);
    EXPECT_GT(a.spine.value(), 0);
    EXPECT_NEAR(b.spine / a.spine, 2, 1e-12);
    EXPECT_DOUBLE_EQ(b.nic.value(), a.nic.value());
    EXPECT_EQ(b.latency, a.latency);
    EXPECT_EQ(b.bound(), Bound::kSpine);
    EXPECT_EQ(after.time(kGather), before.time(kGather));
  }
  Network after(faulty);
  after.place(layout);
  EXPECT_EQ(after.bound_link(kExchange)->name.substr(0, 5), "leaf2");
}

// A port of an NVLink domain at half the bandwidth, for every collective and whatever NCCL takes
// for it: twice the time beyond the latency. Ulysses groups, one GPU of each node, do not notice.
TEST(Network, ASlowNvlinkPortSlowsItsDomainAndNothingElse) {
  Cluster whole = nodes_of_eight(8);
  whole.device.compute_capability = 90;
  whole.device.nvls_efficiency = 0.85;
  Cluster faulty = whole;
  faulty.overrides = {slow("node2.gpu3", "node2.nvswitch0", 225e9)};
  Network before(whole);
  Network after(faulty);
  for (Network* each : {&before, &after}) each->place(tensor_and_ulysses());
  for (const Collective collective :
       {Collective::kAllGather, Collective::kReduceScatter, Collective::kAllReduce,
        Collective::kAllToAll, Collective::kRingShift}) {
    const Communication work{collective, Axis::kTensor, Bytes(64 * kGibi), 1};
    EXPECT_NEAR(after.time(work) / before.time(work), 2, 0.01) << name_of(collective);
    EXPECT_EQ(after.bound_link(work)->name, "node2.gpu3");
  }
  EXPECT_EQ(after.time(kExchange), before.time(kExchange));
}

// The latencies of given links count where they add up to more than was measured end to end: 2 us
// for a message; here a route of four links.
TEST(Network, LatenciesOfGivenLinksCount) {
  Cluster cluster = nodes_of_eight(2);
  cluster.gpus_per_node = cluster.nics_per_node = cluster.nvlink_domain = 1;
  const auto link = [](const std::string& from, const std::string& to, double latency) {
    return GivenLink{from, to, BytesPerSecond(50e9), Seconds(latency), "test"};
  };
  Layout layout;
  layout.dp = 2;
  const auto latency = [&](double each) {
    cluster.links = {link("node0.gpu0", "node0.nic0", each), link("node0.nic0", "leaf0", each),
                     link("node1.gpu0", "node1.nic0", each), link("node1.nic0", "leaf0", each)};
    Network network(cluster);
    network.place(layout);
    return network.explain(kHop).latency.value();
  };
  EXPECT_NEAR(latency(1e-6) - latency(0), 2e-6, 1e-12);  // 4 x 1 us, of which 2 were measured
  EXPECT_NEAR(latency(0.5e-6) - latency(0), 0, 1e-12);
}

// Pods of one leaf of one node, 4:1 above the spine: 3/4 of a buffer leave the pod, at 50/4 GB/s
// for each NIC.
TEST(Network, TheCoreBoundsWhatLeavesAPod) {
  Cluster cluster = nodes_of_eight(4);
  cluster.nodes_per_leaf = 1;
  cluster.nodes_per_pod = 1;
  cluster.core_oversubscription = 4;
  Layout layout;
  layout.tp = 8;
  layout.ulysses = 4;
  Network network(cluster);
  network.place(layout);
  EXPECT_NEAR(network.explain(kExchange).core.value(), 3.0 / 4 * 1073741824 / 12.5e9, 1e-12);
  EXPECT_EQ(network.explain(kExchange).bound(), Bound::kCore);
}

// PCIe of 25 GB/s in front of NICs of 50.
TEST(Network, PcieBoundsWhatANicWouldCarry) {
  Cluster cluster = nodes_of_eight(8);
  cluster.pcie = BytesPerSecond(25e9);
  Network network(cluster);
  network.place(tensor_and_ulysses());
  EXPECT_NEAR(network.explain(kExchange).pcie.value(), 7.0 / 8 * 1073741824 / 25e9, 1e-12);
  EXPECT_EQ(network.explain(kExchange).bound(), Bound::kPcie);
}

// Each link between switches adds 1 us: two over the spine.
TEST(Network, LinksBetweenSwitchesAddTheirLatency) {
  Cluster plain = nodes_of_eight(8);
  plain.nodes_per_leaf = 1;
  Cluster cluster = plain;
  cluster.switch_latency = Seconds(1e-6);
  Network without(plain);
  Network network(cluster);
  for (Network* each : {&without, &network}) each->place(tensor_and_ulysses());
  const Seconds more = network.explain(kExchange).latency - without.explain(kExchange).latency;
  EXPECT_NEAR(more.value(), 2e-6, 1e-15);
}

TEST(Network, RefusesWhatIsNotConnected) {
  Cluster cluster = nodes_of_eight(2);
  cluster.nodes_per_leaf = 1;
  cluster.spine_switches = 0;
  const Network apart(cluster);
  ASSERT_FALSE(apart.check().has_value());
  EXPECT_NE(apart.check().error().what.find("cannot reach"), std::string::npos);
  EXPECT_TRUE(Network(nodes_of_eight(2)).check().has_value());
}

// 8,192 GPUs. With a NIC gone 8 x 8,192 pairs are routed one by one: 7 NICs do the work of 8, and
// receive the missing one's by one of them. With a leaf's uplink slow, its 1,024 nodes are touched:
// 2^26 pairs.
TEST(Network, LargeClustersWithFaults) {
  Cluster cluster = nodes_of_eight(1024);
  LinkOverride gone;
  gone.link = "node3.nic5";
  gone.missing = true;
  gone.where = "file:1:1";
  cluster.overrides = {gone};
  Network network(cluster);
  ASSERT_TRUE(network.check().has_value());
  Layout layout;
  layout.tp = 8;
  layout.ulysses = 1024;
  network.place(layout);
  EXPECT_DOUBLE_EQ(network.group(Axis::kUlysses).all_to_all.nic, 2 * 1023.0 / 1024);

  cluster.nodes_per_leaf = 1024;
  cluster.rails = true;
  cluster.pxn = false;
  cluster.overrides = {slow("rail0.leaf0", "spine0", 1e9)};
  cluster.overrides.front().where = "file:1:1";
  const Network refused(cluster);
  ASSERT_FALSE(refused.check().has_value());
  EXPECT_EQ(refused.check().error().where, "file:1:1");
}

}  // namespace
}  // namespace seqspan::sim
