// Loads of a placed group counted on the cluster's graph, message by message: for clusters that are
// given link by link, or whose overrides change routes.
//
// All sibling groups send at once over Routes::split(): which routes are searched and which are
// left to arithmetic, graph_routes.hpp; what each pattern sends, graph_patterns.hpp; what a byte on
// a link counts as, graph_links.hpp.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/cluster/cluster_graph.hpp"
#include "sim/network/graph_links.hpp"
#include "sim/network/graph_routes.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

struct PatternLinks {
  BusiestLinks all_to_all;
  BusiestLinks ring_collective;
  BusiestLinks ring_shift;
  BusiestLinks hop;

  [[nodiscard]] const BusiestLinks& of(Collective collective) const;
};

// One thread at a time; cluster and graph must outlive it.
class GraphPlacement {
 public:
  GraphPlacement(const Cluster& cluster, const ClusterGraph& graph, PairsBy by = PairsBy::kTouched);
  ~GraphPlacement();
  GraphPlacement(GraphPlacement&&) noexcept;
  GraphPlacement& operator=(GraphPlacement&&) noexcept;

  // As GraphRoutes has them.
  [[nodiscard]] std::int64_t pairs() const;
  // `links` is filled in.
  [[nodiscard]] PlacedGroup place(GroupShape shape, std::int64_t world, PatternLinks& links);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace seqspan::sim
