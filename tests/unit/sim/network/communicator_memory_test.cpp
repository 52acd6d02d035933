#include "sim/network/communicator_memory.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sim/network/clusters.hpp"

namespace seqspan::sim {
namespace {

using test::nodes_of_eight;

constexpr std::int64_t kConnection = 9408 * kKibi;  // 9.1875 MiB
constexpr std::int64_t kChannels = 32;
constexpr std::int64_t kPools =
    2 * kChannels * 16 * 128 * kKibi;  // sending and receiving, 32 channels

// 7 peers x 32 channels x 9.1875 MiB = 2058 MiB.
TEST(CommunicatorMemory, AllToAllInsideANode) {
  const Cluster cluster = nodes_of_eight(1);
  EXPECT_EQ(communicator_memory(cluster, place(cluster, {8, 1}, 8), {false, MessagePeers::kAll}),
            Bytes(2058 * kMebi));
}

// 56 peers on other nodes share the pools.
TEST(CommunicatorMemory, AllToAllAcrossNodes) {
  const Cluster cluster = nodes_of_eight(8);
  EXPECT_EQ(communicator_memory(cluster, place(cluster, {64, 1}, 64), {false, MessagePeers::kAll}),
            Bytes(7 * kChannels * kConnection + kPools));
  EXPECT_EQ(communicator_memory(cluster, place(cluster, {8, 8}, 64), {false, MessagePeers::kAll}),
            Bytes(kPools));
}

TEST(CommunicatorMemory, Neighbours) {
  const Cluster cluster = nodes_of_eight(2);
  const PlacedGroup group = place(cluster, {8, 1}, 16);
  EXPECT_EQ(communicator_memory(cluster, group, {false, MessagePeers::kNeighbour}),
            Bytes(kChannels * kConnection));
  EXPECT_EQ(communicator_memory(cluster, group, {false, MessagePeers::kNeighbours}),
            Bytes(2 * kChannels * kConnection));
  // Two ranks have one neighbour only.
  EXPECT_EQ(
      communicator_memory(cluster, place(cluster, {2, 1}, 16), {false, MessagePeers::kNeighbours}),
      Bytes(kChannels * kConnection));
}

// 24 rings; on two nodes 24/8 = 3 of them leave by each GPU, alone on its node all 24 do.
TEST(CommunicatorMemory, Rings) {
  const Cluster cluster = nodes_of_eight(2);
  const auto rings = [&](GroupShape shape) {
    return communicator_memory(cluster, place(cluster, shape, 16), {true, MessagePeers::kNone});
  };
  EXPECT_EQ(rings({8, 1}), Bytes(24 * kConnection));
  EXPECT_EQ(rings({16, 1}), Bytes(27 * kConnection));
  EXPECT_EQ(rings({2, 8}), Bytes(48 * kConnection));
}

TEST(CommunicatorMemory, NothingForARankAlone) {
  const Cluster cluster = nodes_of_eight(1);
  EXPECT_EQ(communicator_memory(cluster, place(cluster, {1, 1}, 8), {true, MessagePeers::kAll}),
            Bytes(0));
}

}  // namespace
}  // namespace seqspan::sim
