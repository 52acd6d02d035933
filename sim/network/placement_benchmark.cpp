// Placing groups on a large cluster: rails, three tiers, 2:1 above the leaves; all sibling groups
// at once, and the time of an all-to-all of 256 MiB per rank. Figures: docs/performance.md.
#include <benchmark/benchmark.h>

#include "sim/network/collective_time.hpp"
#include "sim/network/placed_group.hpp"

namespace seqspan::sim {
namespace {

// 8 GPUs a node, 1,024 nodes a pod and 32 under a rail's leaf.
Cluster three_tiers(std::int64_t nodes, bool pxn) {
  Cluster cluster;
  cluster.nodes = nodes;
  cluster.gpus_per_node = 8;
  cluster.nvlink_domain = 8;
  cluster.nics_per_node = 8;
  cluster.device.nvlink.bandwidth = BytesPerSecond(450e9);
  cluster.device.nvlink.message_latency = Seconds(2e-6);
  cluster.nic.bandwidth = BytesPerSecond(50e9);
  cluster.nic.message_latency = Seconds(10e-6);
  cluster.switch_latency = Seconds(0.3e-6);
  cluster.rails = true;
  cluster.pxn = pxn;
  cluster.nodes_per_leaf = 32;
  cluster.nodes_per_pod = 1024;
  cluster.spine_switches = 8;
  cluster.core_switches = 8;
  cluster.spine_oversubscription = 2;
  return cluster;
}

void all_to_all(benchmark::State& state, bool pxn) {
  const Cluster cluster = three_tiers(state.range(0), pxn);
  const std::int64_t gpus = cluster.gpu_count();
  const std::int64_t size = gpus / state.range(1);
  Seconds time;
  for (auto _ : state) {
    const PlacedGroup group = place(cluster, {size, state.range(1)}, gpus);
    time = communication_time(cluster, group,
                              {Collective::kAllToAll, Axis::kUlysses, Bytes(256 * kMebi), 1})
               .total();
    benchmark::DoNotOptimize(time);
  }
  state.counters["all_to_all_ms"] = time.value() * 1e3;
}

// Nodes, and the stride of a group that spans them: 1 takes all GPUs, 8 one of each node.
BENCHMARK_CAPTURE(all_to_all, rails_with_pxn, true)
    ->Args({128, 1})
    ->Args({8192, 1})
    ->Args({8192, 4})
    ->Args({8192, 8})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(all_to_all, rails_without_pxn, false)
    ->Args({8192, 1})
    ->Args({8192, 4})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace seqspan::sim
