// A cluster of a Network that its short description does not cover; not for others.
#pragma once

#include <optional>
#include <vector>

#include "sim/cluster/cluster_graph.hpp"
#include "sim/network/graph_placement.hpp"
#include "sim/network/network.hpp"
#include "sim/network/tier_traffic.hpp"

namespace seqspan::sim {

class Network::Irregular {
 public:
  explicit Irregular(const Cluster& cluster);

  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] PlacedGroup place(GroupShape shape, std::int64_t world);
  [[nodiscard]] std::optional<BoundLink> bound_link(const PlacedGroup& group, Collective collective,
                                                    Bound bound) const;

 private:
  struct Placed {
    GroupShape shape;
    std::int64_t world = 1;
    PatternLinks links;
  };

  [[nodiscard]] PlacedGroup place_by_nics(GroupShape shape, std::int64_t world,
                                          PatternLinks& links) const;

  const Cluster* cluster_;
  Result<ClusterGraph> graph_;
  std::optional<GraphPlacement> on_graph_;  // absent: routes are those of the description
  NicWeights nics_;
  std::vector<Placed> placed_;
};

}  // namespace seqspan::sim
