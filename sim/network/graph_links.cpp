#include "sim/network/graph_links.hpp"

#include <algorithm>
#include <utility>

namespace seqspan::sim {
namespace {

constexpr double kNothing = 1e-12;  // of bytes: what subtracting leaves of nothing
constexpr double kSame = 1e-12;     // of two loads: sums in another order

double nominal(const Cluster& cluster, LinkKind kind) {
  const double nic = cluster.nic.effective_bandwidth().value();
  switch (kind) {
    case LinkKind::kNvlink:
      return cluster.device.nvlink.effective_bandwidth().value();
    case LinkKind::kPcie:
      return cluster.pcie ? cluster.pcie->value() : nic;
    case LinkKind::kNic:
      return nic;
    case LinkKind::kSpine:
      return nic / cluster.spine_oversubscription;
    case LinkKind::kCore:
      return nic / (cluster.spine_oversubscription * cluster.core_oversubscription);
  }
  return nic;
}

// What a link joins, either way around.
using Ends = std::pair<VertexKind, VertexKind>;

Ends ends_of(const ClusterGraph& graph, EdgeIndex index) {
  const Edge& edge = graph.edge(index);
  return std::minmax({graph.vertex(edge.from).kind, graph.vertex(edge.to).kind});
}

double median(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

LinkKind kind_of(const ClusterGraph& graph, EdgeIndex index) {
  const Edge& edge = graph.edge(index);
  const VertexKind a = graph.vertex(edge.from).kind;
  const VertexKind b = graph.vertex(edge.to).kind;
  const auto either = [&](VertexKind kind) { return a == kind || b == kind; };
  if (either(VertexKind::kNvlinkSwitch)) return LinkKind::kNvlink;
  if (a == VertexKind::kGpu && b == VertexKind::kGpu) return LinkKind::kNvlink;
  if (either(VertexKind::kNic)) return LinkKind::kNic;
  if (either(VertexKind::kCore)) return LinkKind::kCore;
  return is_network_switch(a) ? LinkKind::kSpine : LinkKind::kPcie;
}

std::vector<double> link_weights(const Cluster& cluster, const ClusterGraph& graph) {
  std::vector<double> weights(graph.edges().size());
  for (std::size_t e = 0; e < weights.size(); ++e) {
    const Edge& edge = graph.edges()[e];
    const LinkKind kind = kind_of(graph, static_cast<EdgeIndex>(e));
    if (edge.missing()) continue;
    if (kind == LinkKind::kPcie && graph.described() && !cluster.pcie) {
      const VertexIndex gpu = std::min(edge.from, edge.to);
      const auto behind = static_cast<double>(graph.tiers().nic_count(gpu)) *
                          cluster.nic.effective_bandwidth().value();
      if (edge.bandwidth.value() >= behind) continue;
    }
    weights[e] = nominal(cluster, kind) / edge.bandwidth.value();
  }
  return weights;
}

BusiestLinks busiest_links(const ClusterGraph& graph, const std::vector<double>& weights,
                           const std::vector<double>& bytes) {
  BusiestLinks links;
  std::array<Ends, kLinkKinds> ends;
  for (std::size_t e = 0; e < weights.size(); ++e) {
    const double load = bytes[e] * weights[e];
    const auto index = static_cast<EdgeIndex>(e);
    const auto kind = static_cast<std::size_t>(kind_of(graph, index));
    // Of the two sides of a NIC that are equally busy, the one to the network is its own.
    const bool outside = ends_of(graph, index).first == VertexKind::kNic;
    const double best = links[kind].load;
    if (bytes[e] < kNothing || load <= 0 || load < best * (outside ? 1 - kSame : 1 + kSame))
      continue;
    links[kind] = {index, load, 0, {}};
    ends[kind] = ends_of(graph, index);
  }
  std::array<std::vector<double>, kLinkKinds> in_use;
  std::array<std::vector<double>, kLinkKinds> bandwidths;
  for (std::size_t e = 0; e < weights.size(); ++e) {
    const auto index = static_cast<EdgeIndex>(e);
    const auto kind = static_cast<std::size_t>(kind_of(graph, index));
    if (bytes[e] < kNothing || ends_of(graph, index) != ends[kind]) continue;
    in_use[kind].push_back(bytes[e] * weights[e]);
    bandwidths[kind].push_back(graph.edge(index).bandwidth.value());
  }
  for (std::size_t kind = 0; kind < kLinkKinds; ++kind) {
    links[kind].others = median(in_use[kind]);
    links[kind].bandwidth = BytesPerSecond(median(bandwidths[kind]));
  }
  return links;
}

}  // namespace seqspan::sim
