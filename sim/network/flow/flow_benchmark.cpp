// The flow solver on all-to-all traffic with nothing taken from its symmetry: every pair of GPUs is
// a flow. Figures: docs/performance.md.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "sim/network/flow/completion.hpp"

namespace seqspan::sim {
namespace {

constexpr std::size_t kGpusPerNode = 8;
constexpr std::size_t kGpusPerLeaf = 256;

// NVLink 450 GB/s and a 50 GB/s NIC per GPU, leaves of 256 GPUs with half their bandwidth upwards.
FlowSet all_to_all(std::size_t gpus) {
  FlowSet flows;
  const auto add = [&](double capacity) { return flows.add_link(BytesPerSecond(capacity)); };
  std::vector<std::array<LinkIndex, 4>> gpu;
  for (std::size_t i = 0; i < gpus; ++i)
    gpu.push_back({add(450e9), add(450e9), add(50e9), add(50e9)});
  std::vector<std::array<LinkIndex, 2>> leaf;
  for (std::size_t i = 0; i < (gpus + kGpusPerLeaf - 1) / kGpusPerLeaf; ++i) {
    leaf.push_back({add(256 * 25e9), add(256 * 25e9)});
  }
  const Bytes message(static_cast<std::int64_t>(256 * kMebi / static_cast<std::int64_t>(gpus)));
  flows.reserve(gpus * gpus, 4);
  for (std::size_t a = 0; a < gpus; ++a) {
    for (std::size_t b = 0; b < gpus; ++b) {
      if (a == b) continue;
      if (a / kGpusPerNode == b / kGpusPerNode) {
        flows.add_flow(message, {gpu[a][0], gpu[b][1]});
      } else if (a / kGpusPerLeaf == b / kGpusPerLeaf) {
        flows.add_flow(message, {gpu[a][2], gpu[b][3]});
      } else {
        flows.add_flow(
            message, {gpu[a][2], leaf[a / kGpusPerLeaf][0], leaf[b / kGpusPerLeaf][1], gpu[b][3]});
      }
    }
  }
  return flows;
}

// From nothing: flows, routes, rates and completion.
void all_to_all_of_gpus(benchmark::State& state) {
  std::size_t flow_count = 0;
  for (auto _ : state) {
    const FlowSet flows = all_to_all(static_cast<std::size_t>(state.range(0)));
    flow_count = flows.flow_count();
    benchmark::DoNotOptimize(complete(flows).last);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flow_count));
}

BENCHMARK(all_to_all_of_gpus)->Arg(64)->Arg(256)->Arg(1024)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace seqspan::sim
