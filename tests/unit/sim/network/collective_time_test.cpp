#include "sim/network/collective_time.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/sim/network/clusters.hpp"

namespace seqspan::sim {
namespace {

using test::nodes_of_eight;

constexpr Bytes kQuarterGibi(256 * kMebi);

Communication of(Collective collective, Bytes bytes, std::int64_t messages = 1) {
  return {collective, Axis::kUlysses, bytes, messages};
}

double milliseconds(const Cluster& cluster, std::int64_t ranks, Bytes bytes) {
  const PlacedGroup group = place(cluster, {ranks, 1}, ranks);
  return 1e3 * collective_time(cluster, group, of(Collective::kAllToAll, bytes)).value();
}

// (n - 8)/n x 268435456 B / 50 GB/s leaves each GPU by its NIC: 4.6976 ms for 64, 5.3268 for 1,024.
// Above that only the latency: 2 us and 0.5 us per further 8 peers, 5.5 us and 65.5 us.
TEST(CollectiveTime, AllToAllOverTwoLevels) {
  const double of_64 = milliseconds(nodes_of_eight(8), 64, kQuarterGibi);
  EXPECT_GE(of_64, 4.6976);
  EXPECT_LE(of_64, 4.6976 * 1.03);
  EXPECT_NEAR(of_64, 56.0 / 64 * 268435456 / 50e9 * 1e3 + 0.0055, 1e-9);
  const double of_1024 = milliseconds(nodes_of_eight(128), 1024, kQuarterGibi);
  EXPECT_GE(of_1024, 5.3268);
  EXPECT_LE(of_1024, 5.3268 * 1.03);
  EXPECT_NEAR(of_1024, 1016.0 / 1024 * 268435456 / 50e9 * 1e3 + 0.0655, 1e-9);
}

// In two steps of 8 and 128 over 1,024 GPUs: 7/8 S over NVLink in 2 us, then 127/128 S over the
// NICs in 2 us + 15 further batches of 0.5 us. One step: 1016/1024 S over the NICs in 65.5 us. 256
// MiB: the one step is faster; 1 MiB: the two steps are, 9.5 us of latency against 65.5.
TEST(CollectiveTime, TwoStepsOfAnAllToAllPayWhereMessagesAreSmall) {
  const Cluster cluster = nodes_of_eight(128);
  const auto two_steps = [&](Bytes bytes) {
    const auto inside = of(Collective::kAllToAll, bytes);
    return collective_time(cluster, place(cluster, {8, 1}, 1024), inside) +
           collective_time(cluster, place(cluster, {128, 8}, 1024), inside);
  };
  const double large = 268435456;
  EXPECT_NEAR(two_steps(kQuarterGibi).value(),
              7.0 / 8 * large / 450e9 + 2e-6 + 127.0 / 128 * large / 50e9 + 9.5e-6, 1e-10);
  EXPECT_GT(1e3 * two_steps(kQuarterGibi).value(), milliseconds(cluster, 1024, kQuarterGibi));
  EXPECT_LT(1e3 * two_steps(Bytes(kMebi)).value(), milliseconds(cluster, 1024, Bytes(kMebi)));
}

// Inside a node: 7/8 of 256 MiB at 450 GB/s, 2 us for the 7 peers of one round.
TEST(CollectiveTime, AllToAllInsideANode) {
  EXPECT_NEAR(milliseconds(nodes_of_eight(1), 8, kQuarterGibi),
              7.0 / 8 * 268435456 / 450e9 * 1e3 + 0.002, 1e-9);
}

// One byte: the latencies of NCCL's ring. 16 ranks on 2 nodes, 15 steps, 1 of them between nodes:
// 8.4 + 14 x 3 + 1 x 10 = 60.4 us; an all-reduce makes 30 steps: 8.4 + 28 x 3 + 2 x 10 = 112.4 us.
TEST(CollectiveTime, RingLatency) {
  Cluster cluster = nodes_of_eight(2);
  cluster.device.nvlink.ring_step_latency = Seconds(3e-6);
  cluster.nic.ring_step_latency = Seconds(10e-6);
  const PlacedGroup group = place(cluster, {16, 1}, 16);
  const auto latency = [&](Collective collective) {
    return communication_time(cluster, group, of(collective, Bytes(1))).latency.value();
  };
  EXPECT_NEAR(latency(Collective::kAllGather), 60.4e-6, 1e-12);
  EXPECT_NEAR(latency(Collective::kReduceScatter), 60.4e-6, 1e-12);
  EXPECT_NEAR(latency(Collective::kAllReduce), 112.4e-6, 1e-12);
}

// The slower kind of link in use gives the latency; 9 messages need a second round.
TEST(CollectiveTime, MessageLatency) {
  Cluster cluster = nodes_of_eight(2);
  cluster.nic.message_latency = Seconds(15e-6);
  const auto latency = [&](GroupShape shape, std::int64_t messages) {
    const PlacedGroup group = place(cluster, shape, 16);
    const Communication shift = of(Collective::kRingShift, kQuarterGibi, messages);
    return communication_time(cluster, group, shift).latency.value();
  };
  EXPECT_DOUBLE_EQ(latency({8, 1}, 1), 2e-6);
  EXPECT_DOUBLE_EQ(latency({8, 1}, 2), 2e-6);
  EXPECT_DOUBLE_EQ(latency({16, 1}, 1), 15e-6);
  EXPECT_DOUBLE_EQ(latency({16, 1}, 9), 15.5e-6);
}

// Half speed at 1 MiB: 3 messages of 1 MiB over a NIC take twice 3 MiB / 50 GB/s.
TEST(CollectiveTime, SmallMessagesAreSlow) {
  Cluster cluster = nodes_of_eight(2);
  cluster.nic.half_speed_bytes = kMebi;
  const PlacedGroup group = place(cluster, {2, 8}, 16);
  const Communication shift = of(Collective::kRingShift, Bytes(3 * kMebi), 3);
  EXPECT_NEAR(communication_time(cluster, group, shift).nic.value(), 2 * 3 * 1048576 / 50e9, 1e-12);
}

TEST(CollectiveTime, EfficiencyDividesTheTime) {
  Cluster cluster = nodes_of_eight(2);
  cluster.nic.efficiency = 0.5;
  const PlacedGroup group = place(cluster, {2, 8}, 16);
  const Communication shift = of(Collective::kRingShift, kQuarterGibi);
  EXPECT_NEAR(communication_time(cluster, group, shift).nic.value(), 268435456 / 25e9, 1e-12);
}

TEST(CollectiveTime, OversubscriptionDoublesTheSpineAndNothingElse) {
  Cluster cluster = nodes_of_eight(4);
  cluster.nodes_per_leaf = 2;
  Cluster narrow = cluster;
  narrow.spine_oversubscription = 2;
  for (const Collective collective : {Collective::kAllToAll, Collective::kAllGather,
                                      Collective::kRingShift, Collective::kPointToPoint}) {
    const PlacedGroup group = place(cluster, {32, 1}, 32);
    const auto wide_time = communication_time(cluster, group, of(collective, kQuarterGibi));
    const auto narrow_time = communication_time(narrow, group, of(collective, kQuarterGibi));
    EXPECT_GT(wide_time.spine.value(), 0);
    EXPECT_DOUBLE_EQ(narrow_time.spine.value(), 2 * wide_time.spine.value());
    EXPECT_EQ(narrow_time.nic, wide_time.nic);
    EXPECT_EQ(narrow_time.nvlink, wide_time.nvlink);
    EXPECT_EQ(narrow_time.latency, wide_time.latency);
    // Under one leaf the spine does not matter.
    const PlacedGroup near = place(cluster, {16, 1}, 32);
    EXPECT_EQ(collective_time(narrow, near, of(collective, kQuarterGibi)),
              collective_time(cluster, near, of(collective, kQuarterGibi)));
  }
}

// All-to-all of 32 ranks on 4 nodes, 2 per leaf: 24/32 on the NIC, 16/32 on the spine. A spine 4
// times narrower is the bottleneck; alone in a node it is NVLink; a single byte is latency.
TEST(CollectiveTime, NamesWhatBounds) {
  Cluster cluster = nodes_of_eight(4);
  cluster.nodes_per_leaf = 2;
  const auto bound = [&](std::int64_t ranks, Bytes bytes) {
    const PlacedGroup group = place(cluster, {ranks, 1}, 32);
    return communication_time(cluster, group, of(Collective::kAllToAll, bytes)).bound();
  };
  EXPECT_EQ(bound(32, kQuarterGibi), Bound::kNic);
  EXPECT_EQ(bound(8, kQuarterGibi), Bound::kNvlink);
  EXPECT_EQ(bound(8, Bytes(1)), Bound::kLatency);
  EXPECT_EQ(bound(1, kQuarterGibi), Bound::kNothing);
  cluster.spine_oversubscription = 4;
  EXPECT_EQ(bound(32, kQuarterGibi), Bound::kSpine);
}

TEST(CollectiveTime, NoTimeWithoutPeersOrBytes) {
  const Cluster cluster = nodes_of_eight(2);
  for (const Collective collective :
       {Collective::kAllToAll, Collective::kAllGather, Collective::kReduceScatter,
        Collective::kAllReduce, Collective::kRingShift, Collective::kPointToPoint}) {
    EXPECT_EQ(collective_time(cluster, place(cluster, {1, 1}, 16), of(collective, kQuarterGibi)),
              Seconds(0));
    EXPECT_EQ(collective_time(cluster, place(cluster, {16, 1}, 16), of(collective, Bytes(0))),
              Seconds(0));
    // Links without bandwidth, no messages, fewer bytes than ranks: a number all the same.
    Cluster empty;
    empty.nodes = 2;
    empty.gpus_per_node = 8;
    empty.nics_per_node = 8;
    empty.nic.half_speed_bytes = 1;
    const PlacedGroup group = place(empty, {16, 1}, 16);
    EXPECT_FALSE(std::isnan(collective_time(empty, group, of(collective, Bytes(1), 0)).value()));
  }
}

RC_GTEST_PROP(CollectiveTime, GrowsWithBytes, ()) {
  const Cluster cluster = nodes_of_eight(8);
  const auto size = *rc::gen::inRange<std::int64_t>(1, 65);
  const auto collective = static_cast<Collective>(*rc::gen::inRange(0, 6));
  const auto less = *rc::gen::inRange<std::int64_t>(0, 1 << 30);
  const auto more = less + *rc::gen::inRange<std::int64_t>(0, 1 << 30);
  const PlacedGroup group = place(cluster, {size, 1}, 64);
  RC_ASSERT(collective_time(cluster, group, of(collective, Bytes(less))) <=
            collective_time(cluster, group, of(collective, Bytes(more))));
}

// Groups of consecutive ranks of 2, 4, ... 1,024, the same buffer per rank.
TEST(CollectiveTime, GrowsWithTheGroup) {
  const Cluster cluster = nodes_of_eight(128);
  for (const Bytes bytes : {Bytes(kMebi), kQuarterGibi}) {
    for (const Collective collective : {Collective::kAllToAll, Collective::kAllGather}) {
      Seconds smaller;
      for (std::int64_t ranks = 1; ranks <= 1024; ranks *= 2) {
        const Seconds time =
            collective_time(cluster, place(cluster, {ranks, 1}, 1024), of(collective, bytes));
        EXPECT_GE(time, smaller) << name_of(collective) << " of " << ranks;
        smaller = time;
      }
    }
  }
}

}  // namespace
}  // namespace seqspan::sim
