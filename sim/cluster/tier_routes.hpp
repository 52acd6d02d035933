// Routes of a regular cluster, by arithmetic: at each vertex, the links that lead on.
// sim/cluster/routes.hpp has the rule.
#pragma once

#include <vector>

#include "sim/cluster/cluster_graph.hpp"
#include "sim/cluster/search.hpp"

namespace seqspan::sim {

// A state is the vertex that a route has come to.
class TierRoutes {
 public:
  TierRoutes(const ClusterGraph& graph, VertexIndex source, VertexIndex destination);

  // In the order of edges; none at the destination.
  void steps(std::uint32_t state, std::vector<Step>& out) const;

 private:
  void from_gpu(std::int64_t gpu, std::vector<Step>& out) const;
  void from_nvlink_switch(std::vector<Step>& out) const;
  void from_pcie(std::int64_t pcie, std::vector<Step>& out) const;
  void from_nic(std::int64_t nic, std::vector<Step>& out) const;
  void from_leaf(std::int64_t leaf, std::vector<Step>& out) const;
  void from_spine(std::int64_t spine, std::vector<Step>& out) const;
  void from_core(std::int64_t core, std::vector<Step>& out) const;
  // Does a GPU have a NIC on one of the destination's rails?
  [[nodiscard]] bool on_rail(std::int64_t gpu) const;
  [[nodiscard]] bool is_destinations(std::int64_t nic) const;

  const Tiers* tiers_;
  std::int64_t source_;
  std::int64_t destination_;
  std::int64_t node_;       // of the destination
  std::int64_t first_nic_;  // of the destination
  std::int64_t nics_;
  bool same_domain_;
  bool same_group_;
  bool relayed_;  // over NVLink to a GPU on the rail first
  std::int64_t switch_first_, pcie_first_, nic_first_, leaf_first_, spine_first_, core_first_;
};

}  // namespace seqspan::sim
