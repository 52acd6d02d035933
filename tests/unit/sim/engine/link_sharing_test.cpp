#include "sim/engine/link_sharing.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <cmath>
#include <vector>

#include "sim/network/flow/completion.hpp"
#include "sim/network/flow/flow_set.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

// NVLink, PCIe, NIC, spine, core.
constexpr LinkUse kAllNic{{0, 0, 1, 0, 0}};
constexpr LinkUse kAllNvlink{{1, 0, 0, 0, 0}};
constexpr LinkUse kThirdOfNic{{0, 0, 0.3, 0, 0}};

TEST(LinkUse, IsWhatALinkIsBusyOfTheWholeTime) {
  CommunicationTime time;
  time.latency = Seconds(1);
  time.nvlink = Seconds(1);
  time.nic = Seconds(3);
  const Cluster cluster = tests::plain_cluster(1);
  const LinkUse use = link_use(cluster, time);
  EXPECT_DOUBLE_EQ(use.parts[0], 0.25);
  EXPECT_DOUBLE_EQ(use.parts[2], 0.75);
  EXPECT_EQ(link_use(cluster, {}).parts, LinkUse{}.parts);
}

// A device that loses 0.4 of its speed beside NVLink's full rate; a NIC of 50 GB/s moves 1/9 of
// what NVLink's 450 do.
TEST(LinkUse, InterferesByTheRateThatPassesTheMemory) {
  Cluster cluster = tests::plain_cluster(1);
  cluster.device.interference = 0.4;
  CommunicationTime time;
  time.nvlink = Seconds(2);
  EXPECT_DOUBLE_EQ(link_use(cluster, time).interference, 0.4);
  time.latency = Seconds(2);
  EXPECT_DOUBLE_EQ(link_use(cluster, time).interference, 0.2);
  time = {};
  time.nic = Seconds(3);
  EXPECT_DOUBLE_EQ(link_use(cluster, time).interference, 0.4 / 9);
}

// Beside a transfer from 0 to 10 that takes 0.4 of its speed: compute from 4 does 3.6 of its 5 s by
// 10, and ends at 11.4; from 10 on it runs alone.
TEST(LinkSharing, ComputeIsSlowerBesideATransfer) {
  const LinkUse use{{1, 0, 0, 0, 0}, 0.4};
  LinkSharing sharing;
  sharing.clear();
  EXPECT_DOUBLE_EQ(sharing.compute_end(4, 5), 9);
  sharing.start(Stream::kTensor, 0, 0, 10, use);
  EXPECT_DOUBLE_EQ(sharing.compute_end(4, 5), 11.4);
  EXPECT_DOUBLE_EQ(sharing.compute_end(4, 3), 9);
  EXPECT_DOUBLE_EQ(sharing.compute_end(10, 5), 15);
  // One that starts later slows what is left: 1 s alone until 12, then 0.6 of the speed.
  sharing.start(Stream::kTensor, 1, 12, 10, use);
  EXPECT_DOUBLE_EQ(sharing.compute_end(11, 4), 17);
}

// However many transfers there are, a quarter of the speed is left.
TEST(LinkSharing, TransfersLeaveComputeAQuarter) {
  const LinkUse use{{0, 0, 0, 0, 0}, 0.6};
  LinkSharing sharing;
  sharing.clear();
  sharing.start(Stream::kTensor, 0, 0, 100, use);
  sharing.start(Stream::kGather, 1, 0, 100, use);
  EXPECT_DOUBLE_EQ(sharing.compute_end(0, 5), 20);
}

TEST(LinkSharing, ATransferAloneTakesItsTime) {
  LinkSharing sharing;
  sharing.clear();
  EXPECT_DOUBLE_EQ(sharing.start(Stream::kGather, 0, 5, 10, kAllNic), 15);
  // What has ended slows nobody, nor does a transfer on other links.
  EXPECT_DOUBLE_EQ(sharing.start(Stream::kReduce, 1, 15, 10, kAllNic), 25);
  EXPECT_DOUBLE_EQ(sharing.start(Stream::kTensor, 2, 16, 4, kAllNvlink), 20);
  EXPECT_TRUE(sharing.delays().empty());
}

// From 5 on both run at half speed: the first has 5 s left and ends at 15, when the second has done
// 5 of its 10 s and goes on alone until 20.
TEST(LinkSharing, TwoThatNeedTheSameLinkShareIt) {
  LinkSharing sharing;
  sharing.clear();
  sharing.start(Stream::kGather, 7, 0, 10, kAllNic);
  EXPECT_DOUBLE_EQ(sharing.start(Stream::kTensor, 8, 5, 10, kAllNic), 20);
  ASSERT_EQ(sharing.delays().size(), 1U);
  EXPECT_EQ(sharing.delays()[0].op, 7U);
  EXPECT_EQ(sharing.delays()[0].stream, Stream::kGather);
  EXPECT_DOUBLE_EQ(sharing.delays()[0].before, 10);
  EXPECT_DOUBLE_EQ(sharing.delays()[0].after, 15);
}

// A short one in the middle of a long one: 1 s of work takes 2 s, the long one ends 1 s later.
TEST(LinkSharing, AShortOneDelaysALongOneByItsWork) {
  LinkSharing sharing;
  sharing.clear();
  sharing.start(Stream::kReduce, 0, 0, 10, kAllNic);
  EXPECT_DOUBLE_EQ(sharing.start(Stream::kTensor, 1, 4, 1, kAllNic), 6);
  EXPECT_DOUBLE_EQ(sharing.delays()[0].after, 11);
  // Again, after the first has ended: from 8 on 3 s are left.
  EXPECT_DOUBLE_EQ(sharing.start(Stream::kTensor, 2, 8, 1, kAllNic), 10);
  EXPECT_DOUBLE_EQ(sharing.delays()[0].after, 12);
}

// One that wants 0.3 of the link keeps it; the other has 0.7: 7 s of its 10 by 10, then alone.
TEST(LinkSharing, WhoWantsLessThanAShareKeepsIt) {
  LinkSharing sharing;
  sharing.clear();
  sharing.start(Stream::kGather, 0, 0, 10, kThirdOfNic);
  EXPECT_NEAR(sharing.start(Stream::kTensor, 1, 0, 10, kAllNic), 13, 1e-9);
  EXPECT_TRUE(sharing.delays().empty());
}

// What is queued starts later: 5 s alone, then together until 15.
TEST(LinkSharing, AnOpThatStartsLaterSharesFromThenOn) {
  LinkSharing sharing;
  sharing.clear();
  sharing.start(Stream::kGather, 0, 5, 5, kAllNic);
  EXPECT_DOUBLE_EQ(sharing.start(Stream::kTensor, 1, 0, 10, kAllNic), 15);
  EXPECT_DOUBLE_EQ(sharing.delays()[0].after, 15);
}

TEST(LinkSharing, MovesWithItsStream) {
  LinkSharing sharing;
  sharing.clear();
  sharing.start(Stream::kGather, 0, 0, 10, kAllNic);
  sharing.shift(Stream::kGather, 100);
  EXPECT_DOUBLE_EQ(sharing.start(Stream::kTensor, 1, 50, 10, kAllNic), 60);
  EXPECT_DOUBLE_EQ(sharing.start(Stream::kContext, 2, 105, 1, kAllNic), 107);
}

// Transfers that start together on one link end when max-min fair flows over it do.
RC_GTEST_PROP(LinkSharing, EndsAreThoseOfTheFlowSolver, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 6);
  LinkSharing sharing;
  sharing.clear();
  FlowSet flows;
  const LinkIndex link = flows.add_link(BytesPerSecond(1e6));
  std::vector<LinkUse> uses(count);
  std::vector<double> ends(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double part = *rc::gen::inRange(1, 11) / 10.0;
    const auto bytes = *rc::gen::inRange<std::int64_t>(1000, 10000000);
    uses[i].parts[2] = part;
    // Alone it runs at `part` of the link.
    const double alone = static_cast<double>(bytes) / (part * 1e6);
    flows.add_flow(Bytes(bytes), {link}, BytesPerSecond(part * 1e6));
    ends[i] =
        sharing.start(static_cast<Stream>(i + 1), static_cast<std::uint32_t>(i), 0, alone, uses[i]);
    for (const LinkSharing::Delay& delay : sharing.delays()) ends[delay.op] = delay.after;
  }
  const Completion completion = complete(flows);
  for (std::size_t i = 0; i < count; ++i) {
    RC_ASSERT(std::abs(ends[i] - completion.by_flow[i].value()) < 1e-6);
  }
}

}  // namespace
}  // namespace seqspan::sim
