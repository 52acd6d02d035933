// Slow and missing links.
#include <fmt/format.h>

#include <algorithm>

#include "sim/cluster/graph_builder.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::sim {
namespace {

// What an override names: `near` at one end, `far` (or anything) at the other.
struct Ends {
  VertexPattern near;
  std::optional<VertexPattern> far;
  bool one_way = false;

  [[nodiscard]] bool hold(const Vertex& from, const Vertex& to) const {
    return hold_in_order(from, to) || (!one_way && hold_in_order(to, from));
  }

 private:
  [[nodiscard]] bool hold_in_order(const Vertex& from, const Vertex& to) const {
    if (!near.matches(from)) return false;
    if (far) return far->matches(to);
    return near.kind != VertexKind::kNic || is_network_switch(to.kind);
  }
};

tl::unexpected<Error> names_nothing(const std::string& name, const LinkOverride& item) {
  return input_error(quote(name) + " names no vertex", item.where,
                     "names are node3.nic5, leaf0, rail5.leaf0, spine1 and the like; a number may "
                     "be a range 8-15 or *");
}

}  // namespace

// PCIe links whose bandwidth nobody gave are no bottleneck for a NIC that is faster than described.
void GraphBuilder::keep_pcie_ahead(VertexIndex nic, double bandwidth) {
  const Tiers& t = graph_.tiers_;
  const std::int64_t number = nic - t.first_vertex(VertexKind::kNic);
  const std::int64_t cable = t.host_nic_cable(number);
  const double more = bandwidth - graph_.edges_[up(cable)].bandwidth.value();
  if (more <= 0) return;
  const auto widen = [&](std::int64_t c) {
    for (const EdgeIndex e : {up(c), down(c)}) graph_.edges_[e].bandwidth += BytesPerSecond(more);
  };
  widen(cable);
  if (cluster_.pcie) return;
  const std::int64_t node = number / t.nics_per_node;
  for (std::int64_t g = node * t.gpus_per_node; g < (node + 1) * t.gpus_per_node; ++g) {
    if (t.pcie_of_gpu(g) == t.pcie_of_nic(number)) widen(t.pcie_cable(g));
  }
}

Result<void> GraphBuilder::apply(const LinkOverride& item) {
  const auto near = parse_vertex_pattern(item.link);
  if (!near) return names_nothing(item.link, item);
  Ends ends{*near, std::nullopt, item.one_way};
  if (!item.to.empty()) {
    ends.far = parse_vertex_pattern(item.to);
    if (!ends.far) return names_nothing(item.to, item);
  }
  Fault fault{item.to.empty() ? item.link : item.link + " to " + item.to, 0, {}, {}};
  bool changes_routes = item.missing;
  for (Edge& edge : graph_.edges_) {
    const Vertex& from = graph_.vertices_[edge.from];
    const Vertex& to = graph_.vertices_[edge.to];
    if (!ends.hold(from, to)) continue;
    const BytesPerSecond bandwidth(item.missing ? 0
                                                : item.bandwidth->value() * efficiency(from, to));
    if (fault.links++ == 0) {
      fault.before = edge.bandwidth;
      fault.after = bandwidth;
    }
    edge.bandwidth = bandwidth;
    const bool of_nic = from.kind == VertexKind::kNic || to.kind == VertexKind::kNic;
    changes_routes = changes_routes || !of_nic;
    if (graph_.described_ && from.kind == VertexKind::kNic && is_network_switch(to.kind)) {
      keep_pcie_ahead(edge.from, bandwidth.value());
    }
  }
  if (fault.links == 0) {
    return input_error(
        fmt::format("there is no link of {}", fault.name), item.where,
        fmt::format("the cluster has {} nodes of {} GPUs and {} NICs, {} leaf, {} spine and {} "
                    "core switches; numbers start at 0",
                    cluster_.nodes, cluster_.gpus_per_node, cluster_.nics_per_node,
                    graph_.count(VertexKind::kLeaf), graph_.count(VertexKind::kSpine),
                    graph_.count(VertexKind::kCore)),
        "seqspan cluster show CLUSTER, without the override, has the names");
  }
  if (changes_routes || cluster_.nics_per_node > cluster_.gpus_per_node) graph_.regular_ = false;
  graph_.faults_.push_back(std::move(fault));
  return {};
}

Result<void> GraphBuilder::override_links() {
  for (const LinkOverride& item : cluster_.overrides) {
    if (Result<void> ok = apply(item); !ok) return ok;
  }
  return {};
}

}  // namespace seqspan::sim
