#include "sim/network/nccl/point_to_point.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sim/network/clusters.hpp"

namespace seqspan::sim::nccl {
namespace {

Cluster nodes(std::int64_t count) {
  Cluster cluster = test::nodes_of_eight(count);
  cluster.device.nvlink.channel_bandwidth = BytesPerSecond(20e9);
  cluster.device.nvlink.ll_channel_bandwidth = BytesPerSecond(5e9);
  cluster.nic.channel_bandwidth = BytesPerSecond(10e9);
  cluster.nic.ll_channel_bandwidth = BytesPerSecond(2e9);
  return cluster;
}

MessagePlan plan(const Cluster& cluster, GroupShape shape, std::int64_t world, Bytes message) {
  return plan_message(cluster, place(cluster, shape, world), message);
}

// 32 channels. Two ranks: half of them each (16 x 2 = 32); eight: 4.
TEST(PlanMessage, ChannelsAreSharedByTheRanksOfANode) {
  EXPECT_EQ(plan(nodes(1), {2, 1}, 8, Bytes(16 * kMebi)).channels, 16);
  EXPECT_EQ(plan(nodes(1), {8, 1}, 8, Bytes(16 * kMebi)).channels, 4);
}

// A part is at most 16 MiB: 64 MiB are 4 parts, one byte more takes 8 channels, 1 GiB all 32. This
// is the plateau of 85 GB/s, and its end, in the published sendrecv of 8 B200.
TEST(PlanMessage, LargeMessagesTakeMoreChannels) {
  EXPECT_EQ(plan(nodes(1), {8, 1}, 8, Bytes(64 * kMebi)).channels, 4);
  EXPECT_EQ(plan(nodes(1), {8, 1}, 8, Bytes(64 * kMebi + 1)).channels, 8);
  EXPECT_EQ(plan(nodes(1), {8, 1}, 8, Bytes(kGibi)).channels, 32);
}

// LL up to 32 channels x 16 KiB = 512 KiB; parts of at least 64 KiB / 8 = 8 KiB.
TEST(PlanMessage, SmallMessagesTakeLlAndFewChannels) {
  const MessagePlan at = plan(nodes(1), {8, 1}, 8, Bytes(512 * kKibi));
  EXPECT_EQ(at.protocol, Protocol::kLl);
  EXPECT_EQ(at.channels, 4);
  EXPECT_EQ(plan(nodes(1), {8, 1}, 8, Bytes(512 * kKibi + 1)).protocol, Protocol::kSimple);
  EXPECT_EQ(plan(nodes(1), {8, 1}, 8, Bytes(8 * kKibi)).channels, 1);
  EXPECT_EQ(plan(nodes(1), {8, 1}, 8, Bytes(8 * kKibi + 1)).channels, 2);
}

// Between nodes: ceil(50 / 14) = 4 channels to a peer. 16 ranks: start with 2 (4 x 16 > 32), and 4
// once a part is above 128 KiB. LL up to 4 x 16 KiB.
TEST(PlanMessage, FewChannelsBetweenNodes) {
  EXPECT_EQ(plan(nodes(2), {16, 1}, 16, Bytes(256 * kKibi)).channels, 2);
  EXPECT_EQ(plan(nodes(2), {16, 1}, 16, Bytes(256 * kKibi + 1)).channels, 4);
  EXPECT_EQ(plan(nodes(2), {16, 1}, 16, Bytes(kGibi)).channels, 4);
  EXPECT_EQ(plan(nodes(2), {16, 1}, 16, Bytes(64 * kKibi)).protocol, Protocol::kLl);
  EXPECT_EQ(plan(nodes(2), {16, 1}, 16, Bytes(64 * kKibi + 1)).protocol, Protocol::kSimple);
}

TEST(PlanMessage, WithoutARateOfLlItIsNotTaken) {
  EXPECT_EQ(plan(test::nodes_of_eight(1), {8, 1}, 8, Bytes(1)).protocol, Protocol::kSimple);
}

// 7 messages of 4 channels each: 28 of the 32 channels, at 20 GB/s. 9 would need 36: 32.
TEST(ChannelTime, MessagesShareTheChannelsOfTheCommunicator) {
  const MessagePlan simple{Protocol::kSimple, 4};
  EXPECT_DOUBLE_EQ(channel_time(Plain{}, nodes(1), simple, {7, 0, 7, Bytes(kMebi)}).value(),
                   7.0 * 1048576 / (28 * 20e9));
  EXPECT_DOUBLE_EQ(channel_time(Plain{}, nodes(1), simple, {9, 0, 9, Bytes(kMebi)}).value(),
                   9.0 * 1048576 / (32 * 20e9));
  // Over NVLink and the network at once: the slower, 4 x 10 GB/s.
  EXPECT_DOUBLE_EQ(channel_time(Plain{}, nodes(2), simple, {1, 1, 1, Bytes(kMebi)}).value(),
                   1048576 / 40e9);
  EXPECT_EQ(channel_time(Plain{}, test::nodes_of_eight(1), simple, {7, 0, 7, Bytes(kMebi)}),
            Seconds(0));
}

TEST(MessageLatency, OfTheProtocolAndTheSlowestLink) {
  Cluster cluster = nodes(2);
  cluster.device.nvlink.simple_message_latency = Seconds(6e-6);
  cluster.nic.message_latency = Seconds(15e-6);
  cluster.nic.simple_message_latency = Seconds(17e-6);
  const auto latency = [&](Protocol protocol, const Messages& messages) {
    return message_latency(Plain{}, cluster, MessagePlan{protocol, 1}, messages).value();
  };
  EXPECT_DOUBLE_EQ(latency(Protocol::kLl, {1, 0, 1, Bytes(1)}), 2e-6);
  EXPECT_DOUBLE_EQ(latency(Protocol::kSimple, {1, 0, 1, Bytes(1)}), 6e-6);
  EXPECT_DOUBLE_EQ(latency(Protocol::kSimple, {7, 8, 8, Bytes(1)}), 17e-6);
  // The ninth message is in a second batch.
  EXPECT_DOUBLE_EQ(latency(Protocol::kLl, {7, 2, 9, Bytes(1)}), 15.5e-6);
}

}  // namespace
}  // namespace seqspan::sim::nccl
