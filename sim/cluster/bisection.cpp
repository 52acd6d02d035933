#include "sim/cluster/bisection.hpp"

#include <algorithm>
#include <map>

namespace seqspan::sim {
namespace {

// What hangs under a tier: the bandwidth of a child towards it and back.
struct Child {
  VertexIndex vertex = 0;
  double up = 0;
  double down = 0;
  double nics = 0;  // what the NICs below could send
};

VertexKind below(VertexKind kind) {
  switch (kind) {
    case VertexKind::kNvlinkSwitch:
      return VertexKind::kGpu;
    case VertexKind::kLeaf:
      return VertexKind::kNic;
    case VertexKind::kSpine:
      return VertexKind::kLeaf;
    default:
      return VertexKind::kSpine;
  }
}

// The unit of a tier that a child belongs to: its domain or leaf switch, its pod, or all.
std::int64_t unit_of(const ClusterGraph& graph, VertexKind kind, const Edge& edge) {
  if (kind == VertexKind::kNvlinkSwitch || kind == VertexKind::kLeaf) return edge.to;
  const Vertex& to = graph.vertex(edge.to);
  return kind == VertexKind::kSpine && to.scope == VertexScope::kPod ? to.group : 0;
}

// Leaves of one group of nodes stay together: rail5.leaf0 stands beside rail4.leaf0.
std::pair<std::int32_t, std::int32_t> order(const Vertex& v) {
  if (v.kind == VertexKind::kLeaf) return {v.index, v.group};
  return {v.group, v.index};
}

// What NICs send into each leaf, and leaves and their NICs into each spine.
std::vector<double> nic_bandwidth(const ClusterGraph& graph) {
  std::vector<double> sum(graph.vertex_count());
  for (const Edge& edge : graph.edges()) {
    if (graph.vertex(edge.from).kind != VertexKind::kNic) continue;
    if (is_network_switch(graph.vertex(edge.to).kind)) sum[edge.to] += edge.bandwidth.value();
  }
  // A spine switch has its share of every leaf's NICs, in proportion to the leaf's uplinks.
  std::vector<double> uplinks(graph.vertex_count());
  const auto climbs = [&](const Edge& edge) {
    return graph.vertex(edge.from).kind == VertexKind::kLeaf &&
           graph.vertex(edge.to).kind == VertexKind::kSpine;
  };
  for (const Edge& edge : graph.edges()) {
    if (climbs(edge)) uplinks[edge.from] += edge.bandwidth.value();
  }
  for (const Edge& edge : graph.edges()) {
    if (!climbs(edge) || uplinks[edge.from] <= 0) continue;
    sum[edge.to] += sum[edge.from] * edge.bandwidth.value() / uplinks[edge.from];
  }
  return sum;
}

// The smaller of the halves and directions, and what the NICs of the smaller half could send.
void bisect(const ClusterGraph& graph, std::vector<Child> children, Tier& tier) {
  std::sort(children.begin(), children.end(), [&](const Child& a, const Child& b) {
    return order(graph.vertex(a.vertex)) < order(graph.vertex(b.vertex));
  });
  const std::size_t half = children.size() / 2;
  const auto sum = [&](std::size_t from, std::size_t to, double Child::*member) {
    double total = 0;
    for (std::size_t i = from; i < to; ++i) total += children[i].*member;
    return total;
  };
  const std::size_t n = children.size();
  const double bandwidth = std::min({sum(0, half, &Child::up), sum(0, half, &Child::down),
                                     sum(half, n, &Child::up), sum(half, n, &Child::down)});
  const double full = std::min(sum(0, half, &Child::nics), sum(half, n, &Child::nics));
  if (full <= 0) return;
  const bool weaker = bandwidth / full < tier.bisection / tier.full;
  if (tier.full != BytesPerSecond(0) && !weaker) return;
  tier.bisection = BytesPerSecond(bandwidth);
  tier.full = BytesPerSecond(full);
}

Tier tier_of(const ClusterGraph& graph, VertexKind kind, const std::vector<double>& nics) {
  Tier tier;
  tier.kind = kind;
  tier.switches = graph.count(kind);
  // By unit, by child.
  std::map<std::int64_t, std::map<VertexIndex, Child>> units;
  const bool ports = kind == VertexKind::kNvlinkSwitch || kind == VertexKind::kLeaf;
  for (std::size_t e = 0; e < graph.edges().size(); ++e) {
    const Edge& edge = graph.edges()[e];
    if (graph.vertex(edge.to).kind != kind || graph.vertex(edge.from).kind != below(kind)) continue;
    const double back = graph.edges()[e ^ 1U].bandwidth.value();
    Child& child = units[unit_of(graph, kind, edge)][edge.from];
    child.vertex = edge.from;
    child.up += edge.bandwidth.value();
    child.down += back;
    child.nics = nics[edge.from];
    if (tier.cables++ == 0) tier.latency = edge.latency;
    if (edge.missing()) continue;
    tier.fastest = std::max(tier.fastest, edge.bandwidth);
    const bool none = tier.slowest == BytesPerSecond(0);
    tier.slowest = none ? edge.bandwidth : std::min(tier.slowest, edge.bandwidth);
  }
  tier.units = std::max<std::int64_t>(1, static_cast<std::int64_t>(units.size()));
  for (auto& [unit, members] : units) {
    std::vector<Child> children;
    for (const auto& [vertex, child] : members) {
      children.push_back(child);
      if (ports) children.back().nics = tier.fastest.value();
    }
    bisect(graph, std::move(children), tier);
  }
  return tier;
}

}  // namespace

std::vector<Tier> tiers_of(const ClusterGraph& graph) {
  const std::vector<double> nics = nic_bandwidth(graph);
  std::vector<Tier> tiers;
  for (const VertexKind kind :
       {VertexKind::kNvlinkSwitch, VertexKind::kLeaf, VertexKind::kSpine, VertexKind::kCore}) {
    if (graph.count(kind) > 0) tiers.push_back(tier_of(graph, kind, nics));
  }
  return tiers;
}

}  // namespace seqspan::sim
