// What explains a communication holds what times it, whatever NCCL would run.
#include <gtest/gtest.h>

#include <set>

#include "sim/network/network.hpp"
#include "tests/support/job.hpp"
#include "tests/unit/sim/formula/evaluate.hpp"

namespace seqspan::sim {
namespace {

Cluster cluster_of(std::int64_t nodes) {
  Cluster cluster = tests::plain_cluster(nodes);
  cluster.device.compute_capability = 90;
  cluster.device.nvls_efficiency = 0.8;
  cluster.device.nvlink.channel_bandwidth = BytesPerSecond(20e9);
  cluster.device.nvlink.ll_channel_bandwidth = BytesPerSecond(5e9);
  cluster.device.nvlink.ll_step_latency = Seconds(1.4e-6);
  cluster.device.nvlink.simple_message_latency = Seconds(15e-6);
  cluster.nic.channel_bandwidth = BytesPerSecond(15e9);
  cluster.nic.half_speed_bytes = 100'000;
  cluster.nodes_per_leaf = 2;
  cluster.spine_oversubscription = 2;
  cluster.nodes_per_pod = 4;
  cluster.core_oversubscription = 1.5;
  cluster.switch_latency = Seconds(1e-6);
  cluster.pcie = BytesPerSecond(55e9);
  return cluster;
}

std::set<std::string> laws_held(const Cluster& cluster, const Layout& layout, Axis axis) {
  Network network(cluster);
  network.place(layout);
  std::set<std::string> laws;
  for (const Collective collective :
       {Collective::kAllGather, Collective::kReduceScatter, Collective::kAllReduce,
        Collective::kAllToAll, Collective::kRingShift, Collective::kPointToPoint}) {
    for (std::int64_t bytes = 1024; bytes <= kGibi; bytes *= 4) {
      const Communication work{collective, axis, Bytes(bytes), 2};
      const Formula formula = network.formula(work);
      EXPECT_EQ(formula.value(), network.time(work).value()) << name_of(collective) << " " << bytes;
      for (const Equation& one : formula.equations) {
        EXPECT_DOUBLE_EQ(tests::evaluated(formula, one), one.value) << one.formula;
      }
      laws.insert(formula.law.name);
    }
  }
  return laws;
}

TEST(NetworkFormula, HoldsEveryAlgorithm) {
  Layout in_node;
  in_node.tp = 8;
  Layout over_nodes;
  over_nodes.tp = 16;
  Layout across;  // one rank of each of 8 nodes
  across.tp = 8;
  across.dp = 8;
  std::set<std::string> laws = laws_held(cluster_of(1), in_node, Axis::kTensor);
  laws.merge(laws_held(cluster_of(2), over_nodes, Axis::kTensor));
  laws.merge(laws_held(cluster_of(8), across, Axis::kShard));
  EXPECT_EQ(laws, (std::set<std::string>{"NCCL NVLS", "NCCL NVLS tree", "NCCL PAT", "NCCL ring",
                                         "NCCL send/recv", "NCCL tree"}));
}

// NCCL's constants are not known: rings with the Simple protocol.
TEST(NetworkFormula, HoldsRingsWithoutNcclsConstants) {
  Cluster cluster = cluster_of(2);
  cluster.device.compute_capability = 0;
  Layout layout;
  layout.tp = 16;
  EXPECT_EQ(laws_held(cluster, layout, Axis::kTensor),
            (std::set<std::string>{"NCCL ring", "NCCL send/recv"}));
}

}  // namespace
}  // namespace seqspan::sim
