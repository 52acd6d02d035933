#include "sim/network/flow/completion.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "sim/network/collective_time.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

// A link of 10 B/s: flows of 10 and 30 bytes run at 5 each for 2 s; then the second has 20 left at
// 10: done at 4 s.
TEST(Completion, WhatAFlowLeavesIsSharedAnew) {
  FlowSet flows;
  const LinkIndex link = flows.add_link(BytesPerSecond(10));
  flows.add_flow(Bytes(10), {link});
  flows.add_flow(Bytes(30), {link});
  const Completion completion = complete(flows);
  EXPECT_DOUBLE_EQ(completion.by_flow[0].value(), 2.0);
  EXPECT_DOUBLE_EQ(completion.by_flow[1].value(), 4.0);
  EXPECT_EQ(completion.rounds, 2);
}

TEST(Completion, AFlowThatCannotMoveNeverEnds) {
  FlowSet flows;
  flows.add_flow(Bytes(10), {flows.add_link(BytesPerSecond(0))});
  flows.add_flow(Bytes(0), {});
  const Completion completion = complete(flows);
  EXPECT_TRUE(std::isinf(completion.by_flow[0].value()));
  EXPECT_EQ(completion.by_flow[1], Seconds(0));
  EXPECT_TRUE(std::isinf(completion.last.value()));
}

// Links of an all-to-all over nodes of GPUs: an NVLink port and a NIC each way per GPU, and per
// leaf of `nodes_per_leaf` nodes an uplink each way.
struct TwoLevel {
  std::int64_t gpus;
  std::int64_t gpus_per_node;
  std::int64_t nodes_per_leaf;  // 0: no spine
  double oversubscription = 1.0;
};

FlowSet all_to_all(const TwoLevel& cluster, Bytes per_rank) {
  constexpr double kNvlink = 450e9;
  constexpr double kNic = 50e9;
  FlowSet flows;
  const auto add = [&](double capacity) { return flows.add_link(BytesPerSecond(capacity)); };
  std::vector<std::array<LinkIndex, 4>> gpu;
  for (std::int64_t i = 0; i < cluster.gpus; ++i) {
    gpu.push_back({add(kNvlink), add(kNvlink), add(kNic), add(kNic)});
  }
  const std::int64_t leaf_gpus =
      cluster.nodes_per_leaf == 0 ? cluster.gpus : cluster.nodes_per_leaf * cluster.gpus_per_node;
  const double uplink = kNic * static_cast<double>(leaf_gpus) / cluster.oversubscription;
  std::vector<std::array<LinkIndex, 2>> leaf;
  for (std::int64_t i = 0; i < cluster.gpus / leaf_gpus; ++i)
    leaf.push_back({add(uplink), add(uplink)});
  const Bytes message = per_rank / cluster.gpus;
  flows.reserve(static_cast<std::size_t>(cluster.gpus * cluster.gpus), 4);
  for (std::int64_t a = 0; a < cluster.gpus; ++a) {
    for (std::int64_t b = 0; b < cluster.gpus; ++b) {
      if (a == b) continue;
      const auto& from = gpu[static_cast<std::size_t>(a)];
      const auto& to = gpu[static_cast<std::size_t>(b)];
      if (a / cluster.gpus_per_node == b / cluster.gpus_per_node) {
        flows.add_flow(message, {from[0], to[1]});
      } else if (a / leaf_gpus == b / leaf_gpus) {
        flows.add_flow(message, {from[2], to[3]});
      } else {
        flows.add_flow(message, {from[2], leaf[static_cast<std::size_t>(a / leaf_gpus)][0],
                                 leaf[static_cast<std::size_t>(b / leaf_gpus)][1], to[3]});
      }
    }
  }
  return flows;
}

// 64 GPUs, 256 MiB per rank: 56 of 64 parts leave the node over a NIC: 56/64 x 268,435,456 / 50e9 =
// 4.6976 ms.
TEST(Completion, AllToAllOverTwoLevels) {
  const FlowSet flows = all_to_all({64, 8, 0}, Bytes(256 * kMebi));
  EXPECT_NEAR(complete(flows).last.value(), 4.69762048e-3, 1e-9);
  EXPECT_NEAR(bottleneck_bound(flows).value(), 4.69762048e-3, 1e-12);
}

// Half the bandwidth above the leaves: of 64 GPUs under 2 leaves, 32 of 64 parts cross the spine:
// 32/64 x 268,435,456 / 25e9 = 5.3687 ms, more than the NICs' 4.6976 ms.
TEST(Completion, OversubscriptionDoublesWhatCrossesTheSpine) {
  const FlowSet flows = all_to_all({64, 8, 4, 2.0}, Bytes(256 * kMebi));
  EXPECT_NEAR(complete(flows).last.value(), 5.36870912e-3, 1e-9);
}

// The closed form of placed groups is the solver's answer for symmetric traffic.
TEST(Completion, SymmetricTrafficEqualsTheClosedForm) {
  for (const std::int64_t nodes : {1, 2, 8}) {
    for (const std::int64_t nodes_per_leaf : {0, 1, 2}) {
      if (nodes_per_leaf > 0 && nodes % nodes_per_leaf != 0) continue;
      for (const double oversubscription : {1.0, 2.0, 4.0}) {
        Cluster cluster = tests::plain_cluster(nodes);
        cluster.nodes_per_leaf = nodes_per_leaf;
        cluster.spine_oversubscription = oversubscription;
        const std::int64_t gpus = cluster.gpu_count();
        const Bytes bytes(64 * kMebi);
        const CommunicationTime closed =
            communication_time(cluster, place(cluster, {gpus, 1}, gpus),
                               {Collective::kAllToAll, Axis::kUlysses, bytes});
        const FlowSet flows = all_to_all({gpus, 8, nodes_per_leaf, oversubscription}, bytes);
        EXPECT_NEAR(complete(flows).last / (closed.total() - closed.latency), 1.0, 1e-9)
            << nodes << " nodes, " << nodes_per_leaf << " per leaf, " << oversubscription << ":1";
      }
    }
  }
}

// Never sooner than the busiest link allows, and all bytes arrive.
RC_GTEST_PROP(Completion, NoSoonerThanTheBusiestLink, ()) {
  FlowSet flows;
  const auto links = *rc::gen::inRange<LinkIndex>(1, 8);
  for (LinkIndex i = 0; i < links; ++i) {
    flows.add_link(BytesPerSecond(*rc::gen::inRange(1, 100)));
  }
  const auto count = *rc::gen::inRange<std::size_t>(1, 20);
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = *rc::gen::inRange<LinkIndex>(0, links);
    const auto second = *rc::gen::inRange<LinkIndex>(0, links);
    const Bytes size(*rc::gen::inRange(0, 1000));
    if (first == second) {
      flows.add_flow(size, {first});
    } else {
      flows.add_flow(size, {first, second});
    }
  }
  const Completion completion = complete(flows);
  RC_ASSERT(completion.last.value() >= bottleneck_bound(flows).value() * (1.0 - 1e-9));
  RC_ASSERT(std::isfinite(completion.last.value()));
}

}  // namespace
}  // namespace seqspan::sim
