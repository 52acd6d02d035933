#include "profiles/use_measurements.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/network/network.hpp"
#include "tests/support/job.hpp"

namespace seqspan::profiles {
namespace {

using sim::Axis;
using sim::Bytes;
using sim::BytesPerSecond;
using sim::Collective;
using sim::Communication;
using sim::Seconds;
using sim::TimedBy;

FittedCurve always(CollectiveKind kind, std::int64_t ranks, std::int64_t nodes, double seconds,
                   const char* variant = "") {
  FittedCurve fitted;
  fitted.group = {kind, ranks, nodes};
  fitted.variant = variant;
  fitted.curve = *sim::MeasuredCurve::make({{Bytes(1 << 30), Seconds(seconds)}});
  return fitted;
}

NamedProfile profile_of(std::vector<FittedCurve> curves) {
  NamedProfile named;
  named.profile.name = "mine";
  named.profile.curves = std::move(curves);
  named.document = sim::json::make_object({});
  sim::json::Value array;
  array.kind = sim::json::Kind::kArray;
  array.items.resize(named.profile.curves.size());
  sim::json::set_member(named.document, "curves", std::move(array));
  return named;
}

// The network that a simulator makes of a cluster.
sim::Network network_of(const sim::Cluster& cluster, const sim::Layout& layout) {
  sim::Network network(cluster);
  network.place(layout);
  return network;
}

sim::Layout tensor_of_eight() {
  sim::Layout layout;
  layout.tp = 8;
  return layout;
}

TEST(UseMeasurements, ACurveAndItsSiblingTimeTheirGroup) {
  sim::Cluster cluster = tests::plain_cluster(1);
  ASSERT_TRUE(
      use_measurements(cluster, profile_of({always(CollectiveKind::kAllGather, 8, 1, 7e-3)})));
  EXPECT_EQ(cluster.measured_by, "mine");
  const sim::Network network = network_of(cluster, tensor_of_eight());
  const auto timed = [&](Collective collective) {
    const Communication one{collective, Axis::kTensor, Bytes(1 << 20), 1};
    return std::pair(network.timed_by(one),
                     std::abs(network.time(one) / Seconds(7e-3) - 1) < 1e-12);
  };
  EXPECT_EQ(timed(Collective::kAllGather), std::pair(TimedBy::kMeasurement, true));
  EXPECT_EQ(timed(Collective::kReduceScatter), std::pair(TimedBy::kSibling, true));
  EXPECT_EQ(timed(Collective::kAllReduce), std::pair(TimedBy::kModel, false));
}

// The only knot is 1 GiB in 7 ms; below it the time is the same.
TEST(UseMeasurements, TheFormulaOfAMeasuredTimeHasTheCurve) {
  sim::Cluster cluster = tests::plain_cluster(1);
  ASSERT_TRUE(
      use_measurements(cluster, profile_of({always(CollectiveKind::kAllGather, 8, 1, 7e-3)})));
  const sim::Network network = network_of(cluster, tensor_of_eight());
  for (const std::int64_t size :
       {std::int64_t{1} << 20, std::int64_t{1} << 30, std::int64_t{1} << 31}) {
    const Communication gather{Collective::kAllGather, Axis::kTensor, Bytes(size), 1};
    EXPECT_EQ(network.formula(gather).value(), network.time(gather).value());
  }
  const sim::Formula formula =
      network.formula({Collective::kAllGather, Axis::kTensor, Bytes(1 << 20), 1});
  const auto curve =
      std::find_if(formula.equations.begin(), formula.equations.end(),
                   [](const sim::Equation& one) { return one.symbol == "measured"; });
  ASSERT_NE(curve, formula.equations.end());
  EXPECT_EQ(curve->value, 7e-3);
  EXPECT_EQ(curve->formula, "time_of_knot");
}

TEST(UseMeasurements, WhatWasMeasuredItselfCountsBeforeItsSibling) {
  sim::Cluster cluster = tests::plain_cluster(1);
  ASSERT_TRUE(use_measurements(cluster,
                               profile_of({always(CollectiveKind::kAllGather, 8, 1, 7e-3),
                                           always(CollectiveKind::kReduceScatter, 8, 1, 9e-3),
                                           always(CollectiveKind::kReduceScatter, 8, 1, 1, "x")})));
  const sim::Network network = network_of(cluster, tensor_of_eight());
  const Communication scatter{Collective::kReduceScatter, Axis::kTensor, Bytes(1), 1};
  EXPECT_EQ(network.timed_by(scatter), TimedBy::kMeasurement);
  EXPECT_DOUBLE_EQ(network.time(scatter).value(), 9e-3);
}

TEST(UseMeasurements, SendReceiveIsAHopOfARing) {
  sim::Cluster cluster = tests::plain_cluster(2);
  ASSERT_TRUE(
      use_measurements(cluster, profile_of({always(CollectiveKind::kSendReceive, 16, 2, 5e-3),
                                            always(CollectiveKind::kBroadcast, 16, 2, 1)})));
  sim::Layout layout;
  layout.ring = 16;
  const sim::Network network = network_of(cluster, layout);
  const Communication hop{Collective::kRingShift, Axis::kRing, Bytes(1 << 20), 2};
  EXPECT_EQ(network.timed_by(hop), TimedBy::kMeasurement);
  EXPECT_DOUBLE_EQ(network.time(hop).value(), 5e-3);
  EXPECT_EQ(cluster.measured.all().size(), 1U);
}

// Two nodes of 4 in a rack of 8, whose GPUs all reach each other over NVLink.
TEST(UseMeasurements, NodesOfOneNvlinkDomainAreOneDomain) {
  sim::Cluster cluster = tests::plain_cluster(4);
  cluster.gpus_per_node = 4;
  NamedProfile named = profile_of({always(CollectiveKind::kAllGather, 8, 2, 7e-3),
                                   always(CollectiveKind::kAllGather, 16, 4, 8e-3),
                                   always(CollectiveKind::kAllReduce, 12, 3, 1)});
  named.profile.links.between.bandwidth = BytesPerSecond(400e9);
  ASSERT_TRUE(use_measurements(cluster, named));
  const sim::Network network = network_of(cluster, tensor_of_eight());
  const Communication gather{Collective::kAllGather, Axis::kTensor, Bytes(1), 1};
  EXPECT_DOUBLE_EQ(network.time(gather).value(), 7e-3);
  // 3 nodes are one domain and a half: no curve. 2 and 4 nodes, each with a sibling.
  EXPECT_EQ(cluster.measured.all().size(), 4U);
  // What is between nodes here is NVLink.
  EXPECT_EQ(cluster.nic.bandwidth, BytesPerSecond(50e9));
  EXPECT_EQ(cluster.nic.efficiency, 1.0);
}

// 4 NICs of 50 GB/s for 8 GPUs: 18 GB/s of a GPU are 36 GB/s of a NIC, 0.72 of its peak.
// NVLink's 450 GB/s are less than the 500 that were fitted.
TEST(UseMeasurements, LinkParametersReplaceThoseOfTheDataSheets) {
  sim::Cluster cluster = tests::plain_cluster(2);
  cluster.nics_per_node = 4;
  cluster.nic.half_speed_bytes = 1000;
  NamedProfile named = profile_of({always(CollectiveKind::kAllGather, 8, 1, 1)});
  named.profile.links.inside = {BytesPerSecond(500e9), Seconds(9e-6), Seconds(0)};
  named.profile.links.between = {BytesPerSecond(18e9), Seconds(0), Seconds(30e-6)};
  ASSERT_TRUE(use_measurements(cluster, named));
  const sim::LinkProfile& nvlink = cluster.device.nvlink;
  EXPECT_EQ(nvlink.bandwidth, BytesPerSecond(500e9));
  EXPECT_EQ(nvlink.efficiency, 1.0);
  EXPECT_EQ(nvlink.message_latency, Seconds(9e-6));
  EXPECT_EQ(nvlink.ring_step_latency, Seconds(2e-6));  // not determined: stays
  EXPECT_EQ(cluster.nic.bandwidth, BytesPerSecond(50e9));
  EXPECT_DOUBLE_EQ(cluster.nic.efficiency, 0.72);
  EXPECT_EQ(cluster.nic.half_speed_bytes, 0);
  EXPECT_EQ(cluster.nic.message_latency, Seconds(14e-6));
  EXPECT_EQ(cluster.nic.ring_step_latency, Seconds(30e-6));
  EXPECT_EQ(cluster.nic.sources.at("efficiency"), "fitted: fabric profile mine");
}

// What 16 ranks on 2 nodes took tells base, steps inside and steps between apart by NCCL's own
// constants only.
TEST(UseMeasurements, GroupsOfSeveralNodesTellNothingAboutNvlink) {
  sim::Cluster cluster = tests::plain_cluster(2);
  NamedProfile named = profile_of({always(CollectiveKind::kAllGather, 16, 2, 1)});
  named.profile.links.inside.ring_step_latency = Seconds(9e-6);
  named.profile.links.between.ring_step_latency = Seconds(30e-6);
  ASSERT_TRUE(use_measurements(cluster, named));
  EXPECT_EQ(cluster.device.nvlink.ring_step_latency, Seconds(2e-6));
  EXPECT_EQ(cluster.nic.ring_step_latency, Seconds(30e-6));
}

TEST(UseMeasurements, AllReduceAloneTellsNothingAboutLinks) {
  sim::Cluster cluster = tests::plain_cluster(2);
  NamedProfile named = profile_of({always(CollectiveKind::kAllReduce, 16, 2, 1)});
  named.profile.links.inside.bandwidth = BytesPerSecond(500e9);
  ASSERT_TRUE(use_measurements(cluster, named));
  EXPECT_EQ(cluster.device.nvlink.bandwidth, BytesPerSecond(450e9));
}

// LL and Simple have a latency each, the fit one between them.
TEST(UseMeasurements, OneLatencyIsNotThatOfTwoProtocols) {
  sim::Cluster cluster = tests::plain_cluster(2);
  cluster.device.nvlink.ll_channel_bandwidth = BytesPerSecond(5e9);
  NamedProfile named = profile_of({always(CollectiveKind::kSendReceive, 16, 2, 1)});
  named.profile.links.inside.message_latency = Seconds(9e-6);
  named.profile.links.between.message_latency = Seconds(30e-6);
  ASSERT_TRUE(use_measurements(cluster, named));
  EXPECT_EQ(cluster.device.nvlink.message_latency, Seconds(8e-6));
  EXPECT_EQ(cluster.nic.message_latency, Seconds(30e-6));
  EXPECT_EQ(cluster.nic.simple_message_latency, Seconds(30e-6));
}

// A part of a measured cluster: of its groups those of 8 ranks have no room on nodes of 4 GPUs.
TEST(UseMeasurements, OfAPartOfTheClusterUsesWhatFits) {
  sim::Cluster cluster = tests::plain_cluster(1);
  cluster.gpus_per_node = cluster.nics_per_node = cluster.nvlink_domain = 4;
  ASSERT_TRUE(
      use_measurements(cluster, profile_of({always(CollectiveKind::kAllGather, 4, 1, 7e-3),
                                            always(CollectiveKind::kAllGather, 8, 1, 9e-3)})));
  sim::Layout layout;
  layout.tp = 4;
  const Communication gather{Collective::kAllGather, Axis::kTensor, Bytes(1 << 30)};
  EXPECT_NEAR(network_of(cluster, layout).time(gather).value(), 7e-3, 1e-12);
}

TEST(UseMeasurements, RefusesGroupsThatTheClusterHasNoRoomFor) {
  const auto refused = [](const FittedCurve& curve) {
    sim::Cluster cluster = tests::plain_cluster(2);
    return !use_measurements(cluster, profile_of({curve})).has_value();
  };
  EXPECT_FALSE(refused(always(CollectiveKind::kAllGather, 16, 2, 1)));
  EXPECT_TRUE(refused(always(CollectiveKind::kAllGather, 24, 3, 1)));
  EXPECT_TRUE(refused(always(CollectiveKind::kAllGather, 16, 1, 1)));
}

}  // namespace
}  // namespace seqspan::profiles
