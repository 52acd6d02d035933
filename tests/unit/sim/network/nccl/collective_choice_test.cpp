#include "sim/network/nccl/collective_choice.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "sim/network/collective_time.hpp"
#include "tests/unit/sim/network/clusters.hpp"

namespace seqspan::sim::nccl {
namespace {

// NCCL's own latencies: 3.4 us for a ring's step over NVLink, 14 us over the network, 1 us to post.
Cluster hopper(std::int64_t nodes) {
  Cluster cluster = test::nodes_of_eight(nodes);
  cluster.device.compute_capability = 90;
  cluster.device.nvls_efficiency = 0.8;
  cluster.device.nvlink.ring_step_latency = Seconds(3.4e-6);
  cluster.nic.ring_step_latency = Seconds(14e-6);
  return cluster;
}

CommunicationTime time_of(const Cluster& cluster, GroupShape shape, std::int64_t world,
                          Collective collective, Bytes bytes) {
  return communication_time(cluster, place(cluster, shape, world),
                            {collective, Axis::kShard, bytes, 1});
}

// 8 ranks of a node: 6.6 + 7 x 0.6 = 10.8 us with LL.
TEST(CollectiveChoice, SmallAllGathersTakeLl) {
  const auto time = time_of(hopper(1), {8, 1}, 8, Collective::kAllGather, Bytes(8));
  EXPECT_EQ(time.algorithm, Algorithm::kRing);
  EXPECT_EQ(time.protocol, Protocol::kLl);
  EXPECT_NEAR(time.latency.value(), 10.8e-6, 1e-12);
}

// 64 MiB at 450 GB/s: Simple 8.4 + 7 x 3.4 + 130.5 = 162.7 us; LL128 14 + 7 x 1.9 + 130.5 / 0.92
// = 169.1 us; NVLS, with 3 x 16 x 8 x 64 KiB = 24 MiB more at 0.8 of the bandwidth, is slower.
TEST(CollectiveChoice, LargeAllGathersTakeSimple) {
  const Bytes bytes(64 * kMebi);
  const auto time = time_of(hopper(1), {8, 1}, 8, Collective::kAllGather, bytes);
  EXPECT_EQ(time.algorithm, Algorithm::kRing);
  EXPECT_EQ(time.protocol, Protocol::kSimple);
  EXPECT_NEAR(time.total().value(), 8.4e-6 + 7 * 3.4e-6 + 7.0 / 8 * 67108864 / 450e9, 1e-10);
}

// 1 MiB between LL and Simple: LL 10.8 us + 7/8 MiB at its 141 GB/s = 17.3 us, LL128 27.3 + 2.2.
// 32 MiB: LL 219 us; LL128 27.3 + 70.9 = 98.2; Simple 32.2 + 65.2 = 97.4.
// 16 MiB: LL128 27.3 + 35.5 = 62.8; Simple 32.2 + 32.6 = 64.8.
TEST(CollectiveChoice, Ll128InBetween) {
  const auto protocol = [](std::int64_t mebi) {
    return time_of(hopper(1), {8, 1}, 8, Collective::kAllGather, Bytes(mebi * kMebi)).protocol;
  };
  EXPECT_EQ(protocol(1), Protocol::kLl);
  EXPECT_EQ(protocol(16), Protocol::kLl128);
  EXPECT_EQ(protocol(32), Protocol::kSimple);
}

// 4 GiB in one domain: each port carries 9/8 of S and of 3 x 16 x 8 x 128 KiB = 48 MiB at 0.8 x 450
// GB/s, after 25 us; a ring would carry 14/8 at 450 GB/s.
TEST(CollectiveChoice, LargeAllReducesInsideADomainTakeNvls) {
  const Bytes bytes(4 * kGibi);
  const auto time = time_of(hopper(1), {8, 1}, 8, Collective::kAllReduce, bytes);
  EXPECT_EQ(time.algorithm, Algorithm::kNvls);
  EXPECT_NEAR(time.total().value(), 25e-6 + 9.0 / 8 * (4 * 1073741824.0 + 50331648) / 360e9, 1e-9);
  // Two ranks, or a device without NVLS: none.
  EXPECT_NE(time_of(hopper(1), {2, 1}, 8, Collective::kAllReduce, bytes).algorithm,
            Algorithm::kNvls);
  Cluster ampere = hopper(1);
  ampere.device.compute_capability = 80;
  EXPECT_NE(time_of(ampere, {8, 1}, 8, Collective::kAllReduce, bytes).algorithm, Algorithm::kNvls);
}

// 8 bytes over 16 nodes of 8. Tree with LL: 6.8 + 2 (7 x 0.6 + 4 x 5) = 55.2 us; ring with LL:
// 6.6 + 30 x 2.7 + 224 x 1 = 311.6 us.
TEST(CollectiveChoice, SmallAllReducesBetweenNodesTakeTrees) {
  const auto time = time_of(hopper(16), {128, 1}, 128, Collective::kAllReduce, Bytes(8));
  EXPECT_EQ(time.algorithm, Algorithm::kTree);
  EXPECT_EQ(time.protocol, Protocol::kLl);
  EXPECT_NEAR(time.latency.value(), 55.2e-6, 1e-12);
}

// Two nodes exchange halves: S / 8 leaves by each NIC, not 2 S / 8. With more nodes 2 S / 8.
TEST(CollectiveChoice, TreesBetweenNodes) {
  const Bytes bytes(8 * kGibi);
  const double fill = 3.0 * 16 * 8 * 131072;
  const auto two = time_of(hopper(2), {16, 1}, 16, Collective::kAllReduce, bytes);
  EXPECT_EQ(two.algorithm, Algorithm::kNvlsTree);
  EXPECT_NEAR(two.nic.value(), (8589934592.0 + fill) / 8 / 50e9, 1e-9);
  EXPECT_NEAR(two.latency.value(), 25e-6 + 2 * 14e-6, 1e-12);
  const auto four = time_of(hopper(4), {32, 1}, 32, Collective::kAllReduce, bytes);
  if (four.algorithm == Algorithm::kNvlsTree) {
    EXPECT_NEAR(four.nic.value(), 2 * (8589934592.0 + fill) / 8 / 50e9, 1e-9);
  } else {
    // A ring: 2 x 31/32 x S / 8.
    EXPECT_EQ(four.algorithm, Algorithm::kRing);
    EXPECT_NEAR(four.nic.value(), 2 * 31.0 / 32 * 8589934592.0 / 8 / 50e9, 1e-9);
  }
}

// One GPU of each of 64 nodes, 8 bytes: PAT 8 + 6 x 14 / 3.5 + 64 x 2.8 = 211.2 us against a ring
// with LL of 6.6 + 63 x 5 = 321.6 us.
TEST(CollectiveChoice, OneRankPerNodeTakesPat) {
  const auto time = time_of(hopper(64), {64, 8}, 512, Collective::kAllGather, Bytes(8));
  EXPECT_EQ(time.algorithm, Algorithm::kPat);
  EXPECT_NEAR(time.latency.value(), 211.2e-6, 1e-12);
}

TEST(CollectiveChoice, OnlyRingsWithoutACapability) {
  Cluster cluster = hopper(2);
  cluster.device.compute_capability = 0;
  const auto time = time_of(cluster, {16, 1}, 16, Collective::kAllReduce, Bytes(8));
  EXPECT_EQ(time.algorithm, Algorithm::kRing);
  EXPECT_EQ(time.protocol, Protocol::kSimple);
}

RC_GTEST_PROP(CollectiveChoice, NoLargerSizeIsFaster, ()) {
  const auto nodes = *rc::gen::elementOf(std::vector<std::int64_t>{1, 2, 4, 16});
  const Cluster cluster = hopper(nodes);
  const auto collective =
      *rc::gen::element(Collective::kAllGather, Collective::kReduceScatter, Collective::kAllReduce);
  const auto less = *rc::gen::inRange<std::int64_t>(1, 8 * kGibi);
  const auto more = *rc::gen::inRange<std::int64_t>(less, 8 * kGibi + 1);
  const GroupShape shape{8 * nodes, 1};
  RC_ASSERT(time_of(cluster, shape, 8 * nodes, collective, Bytes(less)).total() <=
            time_of(cluster, shape, 8 * nodes, collective, Bytes(more)).total() * (1 + 1e-12));
}

// The choice is never slower than what a device that knows only rings would do.
RC_GTEST_PROP(CollectiveChoice, NeverSlowerThanASimpleRing, ()) {
  const auto nodes = *rc::gen::elementOf(std::vector<std::int64_t>{1, 2, 4, 16});
  const auto bytes = Bytes(*rc::gen::inRange<std::int64_t>(1, kGibi));
  const auto collective = *rc::gen::element(Collective::kAllGather, Collective::kAllReduce);
  Cluster cluster = hopper(nodes);
  const Seconds chosen = time_of(cluster, {8 * nodes, 1}, 8 * nodes, collective, bytes).total();
  const CollectiveChoice choice(cluster, place(cluster, {8 * nodes, 1}, 8 * nodes), collective);
  RC_ASSERT(choice.best(bytes).candidate != nullptr);
  cluster.device.compute_capability = 0;
  // With NCCL's posts inside nodes and its plateau, which a device of no capability has too or not:
  // 1.4 x the latency at most.
  const Seconds ring = time_of(cluster, {8 * nodes, 1}, 8 * nodes, collective, bytes).total();
  RC_ASSERT(chosen <= ring * 1.4);
}

}  // namespace
}  // namespace seqspan::sim::nccl
