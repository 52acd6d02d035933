#include "sim/network/graph_placement.hpp"

#include <algorithm>
#include <vector>

#include "sim/network/graph_patterns.hpp"

namespace seqspan::sim {

const BusiestLinks& PatternLinks::of(Collective collective) const {
  switch (collective) {
    case Collective::kAllToAll:
      return all_to_all;
    case Collective::kRingShift:
      return ring_shift;
    case Collective::kPointToPoint:
      return hop;
    default:
      return ring_collective;
  }
}

class GraphPlacement::Implementation {
 public:
  Implementation(const Cluster& cluster, const ClusterGraph& graph, PairsBy by)
      : routes_(cluster, graph, by), weights_(link_weights(cluster, graph)) {}

  [[nodiscard]] std::int64_t pairs() const { return routes_.pairs(); }
  PlacedGroup place(GroupShape shape, std::int64_t world, PatternLinks& links);

 private:
  [[nodiscard]] LinkLoads busiest(GraphLoads& loads, BusiestLinks& links) const;
  [[nodiscard]] LinkLoads busiest_of_messages(GraphLoads& loads, BusiestLinks& links) const;

  GraphRoutes routes_;
  std::vector<double> weights_;  // by edge
};

LinkLoads GraphPlacement::Implementation::busiest(GraphLoads& loads, BusiestLinks& links) const {
  if (loads.others) loads.others->add_to(loads.bytes);
  links = busiest_links(routes_.graph(), weights_, loads.bytes);
  const auto load = [&](LinkKind kind) { return links[static_cast<std::size_t>(kind)].load; };
  LinkLoads result;
  result.nvlink = load(LinkKind::kNvlink);
  result.pcie = load(LinkKind::kPcie);
  result.nic = load(LinkKind::kNic);
  result.spine = load(LinkKind::kSpine);
  result.core = load(LinkKind::kCore);
  result.latency = loads.slowest_ring;
  return result;
}

// The latency of a message counts beyond that of the slowest kind of link in use.
LinkLoads GraphPlacement::Implementation::busiest_of_messages(GraphLoads& loads,
                                                              BusiestLinks& links) const {
  LinkLoads result = busiest(loads, links);
  const Cluster& cluster = routes_.cluster();
  Seconds slowest;
  if (result.nvlink > 0) slowest = cluster.device.nvlink.message_latency;
  if (result.nic > 0) slowest = std::max(slowest, cluster.nic.message_latency);
  result.latency = std::max(Seconds(0), loads.slowest - slowest);
  return result;
}

PlacedGroup GraphPlacement::Implementation::place(GroupShape shape, std::int64_t world,
                                                  PatternLinks& links) {
  PlacedGroup placed;
  placed.shape = shape;
  placed.world = world;
  const std::int64_t tile = shape.tile();
  if (shape.size <= 1) return placed;
  GraphLoads all_to_all(routes_);
  GraphLoads ring_collective(routes_);
  GraphLoads ring_shift(routes_);
  GraphLoads hop(routes_);
  const std::int64_t end = std::min(world, routes_.graph().gpus());
  for (std::int64_t start = 0; start + tile <= end; start += tile) {
    for (std::int64_t sibling = 0; sibling < shape.siblings(); ++sibling) {
      const GraphGroup group(routes_, shape, start + shape.first(sibling));
      placed.domains = std::max(placed.domains, static_cast<std::int64_t>(group.runs.size()));
      for (const GraphGroup::Members& run : group.runs) {
        placed.domain_members =
            std::max(placed.domain_members, static_cast<std::int64_t>(run.size()));
      }
      count_all_to_all(group, routes_, all_to_all);
      count_ring_collective(group, routes_, ring_collective);
      count_shift(group, true, routes_, ring_shift);
      count_shift(group, false, routes_, hop);
    }
  }
  placed.all_to_all = busiest_of_messages(all_to_all, links.all_to_all);
  placed.ring_collective = busiest(ring_collective, links.ring_collective);
  placed.ring_shift = busiest_of_messages(ring_shift, links.ring_shift);
  placed.hop = busiest_of_messages(hop, links.hop);
  return placed;
}

GraphPlacement::GraphPlacement(const Cluster& cluster, const ClusterGraph& graph, PairsBy by)
    : implementation_(std::make_unique<Implementation>(cluster, graph, by)) {}
GraphPlacement::~GraphPlacement() = default;
GraphPlacement::GraphPlacement(GraphPlacement&&) noexcept = default;
GraphPlacement& GraphPlacement::operator=(GraphPlacement&&) noexcept = default;

std::int64_t GraphPlacement::pairs() const { return implementation_->pairs(); }

PlacedGroup GraphPlacement::place(GroupShape shape, std::int64_t world, PatternLinks& links) {
  return implementation_->place(shape, world, links);
}

}  // namespace seqspan::sim
