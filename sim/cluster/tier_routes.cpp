#include "sim/cluster/tier_routes.hpp"

namespace seqspan::sim {
namespace {

Step step(EdgeIndex edge, std::int64_t vertex) {
  return {edge, static_cast<std::uint32_t>(vertex)};
}

}  // namespace

TierRoutes::TierRoutes(const ClusterGraph& graph, VertexIndex source, VertexIndex destination)
    : tiers_(&graph.tiers()),
      source_(source),
      destination_(destination),
      node_(tiers_->node_of_gpu(destination)),
      first_nic_(tiers_->first_nic(destination)),
      nics_(tiers_->nic_count(destination)),
      same_domain_(tiers_->domain_of(source) == tiers_->domain_of(destination)),
      same_group_(tiers_->group_of_node(tiers_->node_of_gpu(source)) ==
                  tiers_->group_of_node(node_)),
      relayed_(!same_domain_ && graph.rails() && graph.pxn() && !on_rail(source)),
      switch_first_(tiers_->first_vertex(VertexKind::kNvlinkSwitch)),
      pcie_first_(tiers_->first_vertex(VertexKind::kPcieSwitch)),
      nic_first_(tiers_->first_vertex(VertexKind::kNic)),
      leaf_first_(tiers_->first_vertex(VertexKind::kLeaf)),
      spine_first_(tiers_->first_vertex(VertexKind::kSpine)),
      core_first_(tiers_->first_vertex(VertexKind::kCore)) {}

bool TierRoutes::on_rail(std::int64_t gpu) const {
  const std::int64_t per_node = tiers_->nics_per_node;
  const std::int64_t first = tiers_->first_nic(gpu) % per_node;
  const std::int64_t wanted = first_nic_ % per_node;
  return first < wanted + nics_ && wanted < first + tiers_->nic_count(gpu);
}

bool TierRoutes::is_destinations(std::int64_t nic) const {
  return first_nic_ <= nic && nic < first_nic_ + nics_;
}

void TierRoutes::from_gpu(std::int64_t gpu, std::vector<Step>& out) const {
  if (gpu == destination_) return;
  if (same_domain_ || (relayed_ && gpu == source_)) {
    out.push_back(step(up(tiers_->nvlink_cable(gpu)), switch_first_ + tiers_->domain_of(gpu)));
  } else {
    out.push_back(step(up(tiers_->pcie_cable(gpu)), pcie_first_ + tiers_->pcie_of_gpu(gpu)));
  }
}

void TierRoutes::from_nvlink_switch(std::vector<Step>& out) const {
  if (same_domain_) {
    out.push_back(step(down(tiers_->nvlink_cable(destination_)), destination_));
    return;
  }
  const std::int64_t per_node = tiers_->gpus_per_node;
  const std::int64_t first = tiers_->node_of_gpu(source_) * per_node;
  for (std::int64_t gpu = first; gpu < first + per_node; ++gpu) {
    if (on_rail(gpu)) out.push_back(step(down(tiers_->nvlink_cable(gpu)), gpu));
  }
}

void TierRoutes::from_pcie(std::int64_t pcie, std::vector<Step>& out) const {
  if (pcie / tiers_->pcie_per_node == node_) {
    out.push_back(step(down(tiers_->pcie_cable(destination_)), destination_));
    return;
  }
  // The NICs of this switch; of several, those on the destination's rails where that saves the way
  // over the spine.
  const std::int64_t per_node = tiers_->nics_per_node;
  const std::int64_t node = pcie / tiers_->pcie_per_node;
  bool some_on_rail = false;
  for (int pass = 0; pass < 2 && out.empty(); ++pass) {
    some_on_rail = pass == 0 && tiers_->rails > 1 && same_group_;
    if (pass == 0 && !some_on_rail) continue;
    for (std::int64_t nic = node * per_node; nic < (node + 1) * per_node; ++nic) {
      if (tiers_->pcie_of_nic(nic) != pcie) continue;
      if (some_on_rail && !is_destinations(node_ * per_node + nic % per_node)) continue;
      out.push_back(step(up(tiers_->host_nic_cable(nic)), nic_first_ + nic));
    }
  }
}

void TierRoutes::from_nic(std::int64_t nic, std::vector<Step>& out) const {
  if (nic / tiers_->nics_per_node == node_) {
    out.push_back(step(down(tiers_->host_nic_cable(nic)), pcie_first_ + tiers_->pcie_of_nic(nic)));
  } else {
    out.push_back(step(up(tiers_->leaf_cable(nic)), leaf_first_ + tiers_->leaf_of_nic(nic)));
  }
}

void TierRoutes::from_leaf(std::int64_t leaf, std::vector<Step>& out) const {
  for (std::int64_t nic = first_nic_; nic < first_nic_ + nics_; ++nic) {
    if (tiers_->leaf_of_nic(nic) == leaf) {
      out.push_back(step(down(tiers_->leaf_cable(nic)), nic_first_ + nic));
    }
  }
  if (!out.empty()) return;
  const std::int64_t per_pod = tiers_->spines_per_pod;
  for (std::int64_t s = 0; s < per_pod; ++s) {
    out.push_back(step(up(tiers_->spine_cable(leaf, s)),
                       spine_first_ + tiers_->pod_of_leaf(leaf) * per_pod + s));
  }
}

void TierRoutes::from_spine(std::int64_t spine, std::vector<Step>& out) const {
  const std::int64_t per_pod = tiers_->spines_per_pod;
  if (spine / per_pod != tiers_->pod_of_node(node_)) {
    for (std::int64_t core = 0; core < tiers_->cores; ++core) {
      out.push_back(step(up(tiers_->core_cable(spine, core)), core_first_ + core));
    }
    return;
  }
  std::int64_t last = -1;
  for (std::int64_t nic = first_nic_; nic < first_nic_ + nics_; ++nic) {
    const std::int64_t leaf = tiers_->leaf_of_nic(nic);
    if (leaf == last) continue;
    last = leaf;
    out.push_back(step(down(tiers_->spine_cable(leaf, spine % per_pod)), leaf_first_ + leaf));
  }
}

void TierRoutes::from_core(std::int64_t core, std::vector<Step>& out) const {
  const std::int64_t first = tiers_->pod_of_node(node_) * tiers_->spines_per_pod;
  for (std::int64_t s = first; s < first + tiers_->spines_per_pod; ++s) {
    out.push_back(step(down(tiers_->core_cable(s, core)), spine_first_ + s));
  }
}

void TierRoutes::steps(std::uint32_t state, std::vector<Step>& out) const {
  out.clear();
  const std::int64_t v = state;
  if (v < switch_first_) return from_gpu(v, out);
  if (v < pcie_first_) return from_nvlink_switch(out);
  if (v < nic_first_) return from_pcie(v - pcie_first_, out);
  if (v < leaf_first_) return from_nic(v - nic_first_, out);
  if (v < spine_first_) return from_leaf(v - leaf_first_, out);
  if (v < core_first_) return from_spine(v - spine_first_, out);
  from_core(v - core_first_, out);
}

}  // namespace seqspan::sim
