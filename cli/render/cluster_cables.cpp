#include "cli/render/cluster_cables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/units/format_units.hpp"

namespace seqspan::cli {

Cables cables_between(const sim::ClusterGraph& graph, sim::VertexKind a, sim::VertexKind b) {
  Cables cables;
  for (std::size_t e = 0; e < graph.edges().size(); ++e) {
    const sim::Edge& edge = graph.edges()[e];
    if (graph.vertex(edge.from).kind != a || graph.vertex(edge.to).kind != b) continue;
    if (a == b && e % 2 != 0) continue;
    if (cables.count++ == 0) cables.latency = edge.latency;
    if (edge.missing()) continue;
    const bool none = cables.fastest == sim::BytesPerSecond(0);
    cables.slowest = none ? edge.bandwidth : std::min(cables.slowest, edge.bandwidth);
    cables.fastest = std::max(cables.fastest, edge.bandwidth);
  }
  return cables;
}

std::string cable_text(const Cables& cables) {
  const std::string least = sim::format_bandwidth(cables.slowest);
  const std::string most = sim::format_bandwidth(cables.fastest);
  std::string text = fmt::format("{} x {}", sim::format_count(cables.count), least);
  if (least != most) text += " to " + most;
  if (cables.latency > sim::Seconds(0)) text += ", " + sim::format_time(cables.latency);
  return text;
}

std::string counted_kind(sim::VertexKind kind, std::int64_t count) {
  const std::string name = sim::name_of(kind);
  const char* plural = count == 1 ? "" : name.ends_with("switch") ? "es" : "s";
  return sim::format_count(count) + " " + name + plural;
}

}  // namespace seqspan::cli
