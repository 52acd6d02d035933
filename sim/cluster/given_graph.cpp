// The graph of a cluster that is given link by link.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sim/cluster/graph_builder.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::sim {
namespace {

constexpr const char* kNames =
    "names are node3.gpu5, node3.pcie5, node3.nic5, node3.nvswitch0, domain0.nvswitch0, leaf4, "
    "rail5.leaf0, spine1, pod2.spine1, core0";

// Of two kinds in ascending order.
bool joined_ever(VertexKind a, VertexKind b) {
  using K = VertexKind;
  if (is_network_switch(b)) return a == K::kNic || is_network_switch(a);
  if (b == K::kNic) return a == K::kGpu || a == K::kPcieSwitch;
  if (b == K::kPcieSwitch) return a == K::kGpu || a == K::kPcieSwitch;
  return b == K::kNvlinkSwitch || a == K::kGpu;
}

tl::unexpected<Error> no_vertex(const std::string& name, const std::string& where) {
  return input_error(quote(name) + " names no vertex", where, kNames);
}

}  // namespace

double GraphBuilder::efficiency(const Vertex& from, const Vertex& to) const {
  const auto either = [&](VertexKind kind) { return from.kind == kind || to.kind == kind; };
  if (either(VertexKind::kNvlinkSwitch)) return cluster_.device.nvlink.efficiency;
  if (from.kind == VertexKind::kGpu && to.kind == VertexKind::kGpu) {
    return cluster_.device.nvlink.efficiency;
  }
  return either(VertexKind::kPcieSwitch) ? 1.0 : cluster_.nic.efficiency;
}

Result<void> GraphBuilder::check_link(const GivenLink& link, const Vertex& from,
                                      const Vertex& to) const {
  for (const Vertex& v : {from, to}) {
    const std::int64_t most = v.kind == VertexKind::kGpu   ? cluster_.gpus_per_node
                              : v.kind == VertexKind::kNic ? cluster_.nics_per_node
                                                           : cluster_.gpu_count();
    if (v.scope == VertexScope::kNode && (v.group >= cluster_.nodes || v.index >= most)) {
      return input_error(fmt::format("{} is not in the cluster", to_string(v)), link.where,
                         fmt::format("it has {} nodes of {} GPUs and {} NICs", cluster_.nodes,
                                     cluster_.gpus_per_node, cluster_.nics_per_node),
                         "change the link, or nodes, gpus_per_node or nics_per_node");
    }
  }
  if (!joined_ever(std::min(from.kind, to.kind), std::max(from.kind, to.kind))) {
    return input_error(
        fmt::format("{} and {} cannot be joined", link.from, link.to), link.where,
        fmt::format("no cable goes from a {} to a {}", name_of(from.kind), name_of(to.kind)));
  }
  if (from.scope == VertexScope::kNode && to.scope == VertexScope::kNode &&
      from.group != to.group) {
    return input_error(fmt::format("{} and {} are in different nodes", link.from, link.to),
                       link.where, "nodes are joined by NICs, or by the NVLink switch of a domain",
                       "go over domain0.nvswitch0, or over NICs");
  }
  return {};
}

Result<void> GraphBuilder::check_counts() const {
  std::string names;
  std::int64_t missing = 0;
  for (std::int64_t node = 0; node < cluster_.nodes; ++node) {
    for (std::int64_t gpu = 0; gpu < cluster_.gpus_per_node; ++gpu) {
      const Vertex vertex{VertexKind::kGpu, VertexScope::kNode, static_cast<std::int32_t>(node),
                          static_cast<std::int32_t>(gpu)};
      if (graph_.find(vertex) || ++missing > 4) continue;
      names += (names.empty() ? "" : ", ") + to_string(vertex);
    }
  }
  if (missing == 0) return {};
  if (missing > 4) names += fmt::format(" and {} more", missing - 4);
  return input_error(
      "no link of the file reaches " + names, cluster_.links.front().where,
      fmt::format("a cluster of {} nodes of {} GPUs that gives links gives all of them",
                  cluster_.nodes, cluster_.gpus_per_node),
      "add their links, or lower nodes or gpus_per_node");
}

Result<void> GraphBuilder::take_links() {
  graph_.described_ = false;
  graph_.rails_ = cluster_.rails;
  graph_.pxn_ = cluster_.pxn;
  std::vector<std::pair<Vertex, Vertex>> ends;
  std::set<std::pair<Vertex, Vertex>> seen;
  for (const GivenLink& link : cluster_.links) {
    const auto from = parse_vertex(link.from);
    const auto to = parse_vertex(link.to);
    if (!from) return no_vertex(link.from, link.where);
    if (!to) return no_vertex(link.to, link.where);
    if (*from == *to) {
      return input_error(link.from + " is joined with itself", link.where);
    }
    if (Result<void> ok = check_link(link, *from, *to); !ok) return ok;
    if (!seen.insert(std::minmax(*from, *to)).second) {
      return input_error(fmt::format("{} and {} are joined twice", link.from, link.to), link.where,
                         "a link of the file is a cable with both directions",
                         "add the bandwidths up in one link");
    }
    ends.emplace_back(*from, *to);
    graph_.vertices_.push_back(*from);
    graph_.vertices_.push_back(*to);
  }
  auto& vertices = graph_.vertices_;
  std::sort(vertices.begin(), vertices.end());
  vertices.erase(std::unique(vertices.begin(), vertices.end()), vertices.end());
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto& [from, to] = ends[i];
    const GivenLink& link = cluster_.links[i];
    add_cable(*graph_.find(from), *graph_.find(to), link.bandwidth.value() * efficiency(from, to),
              link.latency);
  }
  return check_counts();
}

}  // namespace seqspan::sim
