// Does every GPU reach every other?
#include <fmt/format.h>

#include <set>

#include "sim/cluster/graph_builder.hpp"
#include "sim/cluster/relays.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kAllPairsUpTo = 256;  // GPUs
constexpr std::size_t kMostDestinations = 8;

// All GPUs of a small cluster; of a large one the first, the last, and those whose own links, or
// whose NICs, are missing or all that there is.
std::set<VertexIndex> destinations(const ClusterGraph& graph) {
  const auto gpus = static_cast<VertexIndex>(graph.gpus());
  std::set<VertexIndex> chosen = {0, gpus - 1};
  if (graph.gpus() <= kAllPairsUpTo) {
    for (VertexIndex gpu = 0; gpu < gpus; ++gpu) chosen.insert(gpu);
    return chosen;
  }
  for (const Edge& edge : graph.edges()) {
    if (!edge.missing() || chosen.size() >= kMostDestinations) continue;
    for (const VertexIndex end : {edge.from, edge.to}) {
      const Vertex& v = graph.vertex(end);
      if (v.scope != VertexScope::kNode) continue;
      const auto gpu = graph.find(Vertex{VertexKind::kGpu, VertexScope::kNode, v.group, v.index});
      if (gpu) chosen.insert(*gpu);
    }
  }
  return chosen;
}

bool holds_number(const std::string& name, const std::string& node) {
  const auto pattern = parse_vertex_pattern(name);
  const auto vertex = parse_vertex(node);
  return pattern && vertex && pattern->scope == vertex->scope &&
         pattern->group.holds(vertex->group);
}

}  // namespace

std::string GraphBuilder::place_of(const Vertex& vertex) const {
  const std::string name = to_string(vertex);
  for (const LinkOverride& item : cluster_.overrides) {
    if (item.missing && (holds_number(item.link, name) || holds_number(item.to, name))) {
      return item.where;
    }
  }
  for (const GivenLink& link : cluster_.links) {
    if (holds_number(link.from, name) || holds_number(link.to, name)) return link.where;
  }
  for (const LinkOverride& item : cluster_.overrides) {
    if (item.missing) return item.where;
  }
  return cluster_.links.empty() ? "" : cluster_.links.front().where;
}

Result<void> GraphBuilder::check_connected() const {
  const Tiers& t = graph_.tiers_;
  const bool whole = graph_.regular() && (t.leaves() == 1 || t.spines_per_pod > 0);
  if (whole) return {};
  Relays relays(graph_);
  const auto gpus = static_cast<VertexIndex>(graph_.gpus());
  for (const VertexIndex destination : destinations(graph_)) {
    std::string names;
    std::int64_t stranded = 0;
    VertexIndex first = 0;
    for (VertexIndex source = 0; source < gpus; ++source) {
      if (source == destination || relays.between(source, destination).found) continue;
      if (stranded++ == 0) first = source;
      if (stranded <= 4) names += (names.empty() ? "" : ", ") + graph_.name(source);
    }
    if (stranded == 0) continue;
    if (stranded > 4) names += fmt::format(" and {} more", stranded - 4);
    const bool alone =
        stranded > 1 && stranded == gpus - 1;  // then the destination is what is cut off
    return input_error(fmt::format("{} cannot reach {}", names, graph_.name(destination)),
                       place_of(graph_.vertex(alone ? destination : first)),
                       "every GPU reaches every other over NVLink, or over NICs and switches",
                       graph_.rails_ && !graph_.pxn_
                           ? "set pxn, or add spine switches or links between the rails"
                           : "add the links that join them");
  }
  return {};
}

}  // namespace seqspan::sim
