// Links of a cluster's graph as a placed group counts them.
//
// A link counts as its load x the nominal bandwidth of its kind / its own, so that load x bytes /
// nominal bandwidth is the time it takes:
//
//   kind     links                                         nominal bandwidth
//   NVLink   between GPUs and NVLink switches              the device's nvlink
//   PCIe     between GPUs and PCIe switches                pcie_bandwidth, else the fabric's
//   NIC      of NICs, on both sides                        the fabric's
//   spine    between leaves, and to spine switches         the fabric's / spine_oversubscription
//   core     to core switches           the fabric's / (spine_ x core_oversubscription)
// Described PCIe links that are as wide as the NICs behind them limit nothing and do not count.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/cluster/cluster_graph.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

enum class LinkKind : std::uint8_t { kNvlink, kPcie, kNic, kSpine, kCore };
inline constexpr std::size_t kLinkKinds = 5;

[[nodiscard]] LinkKind kind_of(const ClusterGraph& graph, EdgeIndex index);

// By edge: nominal bandwidth of its kind / its own; 0 where it does not count, or is missing.
[[nodiscard]] std::vector<double> link_weights(const Cluster& cluster, const ClusterGraph& graph);

// The link of a kind that a pattern keeps busy longest.
struct BusiestLink {
  EdgeIndex edge = 0;
  double load = 0;           // weighted, as in LinkLoads
  double others = 0;         // the median of those in use that join the same kinds of vertices
  BytesPerSecond bandwidth;  // of the same: the median

  // Nothing stands out where all are equally busy.
  [[nodiscard]] bool stands_out() const { return load > others * (1 + 1e-9); }
};
using BusiestLinks = std::array<BusiestLink, kLinkKinds>;  // by kind

// `weights` and `bytes` are by edge.
[[nodiscard]] BusiestLinks busiest_links(const ClusterGraph& graph,
                                         const std::vector<double>& weights,
                                         const std::vector<double>& bytes);

}  // namespace seqspan::sim
