#include "sim/network/irregular_network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/network/enumerated_placement.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kMostPairs = std::int64_t{1} << 22;

// What a NIC's link to its leaf delivers, each way.
NicWeights nic_weights(const Cluster& cluster, const ClusterGraph& graph) {
  NicWeights weights;
  const Tiers& t = graph.tiers();
  const BytesPerSecond nominal = cluster.nic.effective_bandwidth();
  for (std::int64_t nic = 0; nic < t.nics(); ++nic) {
    const std::int64_t cable = t.leaf_cable(nic);
    weights.out.push_back(nominal / graph.edge(up(cable)).bandwidth);
    weights.in.push_back(nominal / graph.edge(down(cable)).bandwidth);
  }
  return weights;
}

std::optional<LinkKind> kind_of(Bound bound) {
  switch (bound) {
    case Bound::kNvlink:
      return LinkKind::kNvlink;
    case Bound::kPcie:
      return LinkKind::kPcie;
    case Bound::kNic:
      return LinkKind::kNic;
    case Bound::kSpine:
      return LinkKind::kSpine;
    case Bound::kCore:
      return LinkKind::kCore;
    default:
      return std::nullopt;
  }
}

// A NIC's link to the network by the name of the NIC, as overrides name it; a GPU's port likewise.
std::string name_of(const ClusterGraph& graph, const Edge& edge) {
  const Vertex& from = graph.vertex(edge.from);
  const Vertex& to = graph.vertex(edge.to);
  const auto is_port = [](const Vertex& end, const Vertex& other) {
    if (end.kind == VertexKind::kNic) return is_network_switch(other.kind);
    return end.kind == VertexKind::kGpu &&
           (other.kind == VertexKind::kNvlinkSwitch || other.kind == VertexKind::kPcieSwitch);
  };
  if (is_port(from, to)) return to_string(from);
  if (is_port(to, from)) return to_string(to);
  return to_string(from) + " to " + to_string(to);
}

}  // namespace

Network::Irregular::Irregular(const Cluster& cluster)
    : cluster_(&cluster), graph_(ClusterGraph::build(cluster)) {
  if (!graph_) return;
  if (graph_->regular()) {
    nics_ = nic_weights(cluster, *graph_);
    return;
  }
  on_graph_.emplace(cluster, *graph_);
  if (on_graph_->pairs() <= kMostPairs) return;
  on_graph_.reset();
  const bool given = !graph_->described();
  graph_ = input_error(
      fmt::format("{} change too many routes of a cluster of {} GPUs",
                  given ? "links given one by one" : "overrides", graph_->gpus()),
      given ? cluster.links.front().where : cluster.overrides.front().where,
      fmt::format("routes of {} pairs at most are found one by one: all GPUs of a cluster given by "
                  "links, and those near overridden links, times all",
                  kMostPairs),
      given ? "take fewer nodes" : "take fewer nodes, or override fewer links between switches");
}

Result<void> Network::Irregular::check() const {
  if (!graph_) return tl::unexpected(graph_.error());
  return {};
}

PlacedGroup Network::Irregular::place_by_nics(GroupShape shape, std::int64_t world,
                                              PatternLinks& links) const {
  BusiestNics nics;
  PlacedGroup placed = place_by_enumeration(*cluster_, shape, world, nics_, nics);
  const Tiers& t = graph_->tiers();
  const auto note = [&](const BusiestNic& busiest, BusiestLinks& pattern) {
    if (busiest.nic < 0) return;
    const std::int64_t cable = t.leaf_cable(busiest.nic);
    const EdgeIndex edge = busiest.direction == Direction::kOut ? up(cable) : down(cable);
    pattern[static_cast<std::size_t>(LinkKind::kNic)] = {edge, busiest.load, busiest.median,
                                                         cluster_->nic.effective_bandwidth()};
  };
  note(nics.all_to_all, links.all_to_all);
  note(nics.ring_collective, links.ring_collective);
  note(nics.ring_shift, links.ring_shift);
  note(nics.hop, links.hop);
  return placed;
}

PlacedGroup Network::Irregular::place(GroupShape shape, std::int64_t world) {
  if (!graph_) return {};
  placed_.push_back({shape, world, {}});
  PatternLinks& links = placed_.back().links;
  return on_graph_ ? on_graph_->place(shape, world, links) : place_by_nics(shape, world, links);
}

std::optional<BoundLink> Network::Irregular::bound_link(const PlacedGroup& group,
                                                        Collective collective, Bound bound) const {
  const std::optional<LinkKind> kind = kind_of(bound);
  const auto found = std::find_if(placed_.begin(), placed_.end(), [&](const Placed& placed) {
    return placed.shape == group.shape && placed.world == group.world;
  });
  if (!kind || found == placed_.end()) return std::nullopt;
  const BusiestLink& link = found->links.of(collective)[static_cast<std::size_t>(*kind)];
  if (!link.stands_out()) return std::nullopt;
  const Edge& edge = graph_->edge(link.edge);
  return BoundLink{name_of(*graph_, edge), edge.bandwidth, link.bandwidth, link.load / link.others};
}

}  // namespace seqspan::sim
