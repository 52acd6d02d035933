#include "sim/cluster/tiers.hpp"

#include <algorithm>
#include <array>

namespace seqspan::sim {
namespace {

std::int64_t parts(std::int64_t whole, std::int64_t part) { return (whole + part - 1) / part; }

// Of `count` per node or group that number `item` belongs to, kept in its own block.
std::int64_t at_least_one(std::int64_t value) { return std::max<std::int64_t>(1, value); }

}  // namespace

Tiers::Tiers(const Cluster& cluster)
    : nodes(at_least_one(cluster.nodes)),
      gpus_per_node(at_least_one(cluster.gpus_per_node)),
      nics_per_node(at_least_one(cluster.nics_per_node)),
      pcie_per_node(std::min(gpus_per_node, nics_per_node)),
      domain_gpus(cluster.nvlink_domain > 0 ? cluster.nvlink_domain : gpus_per_node),
      nodes_per_leaf(cluster.nodes_per_leaf > 0 ? std::min(cluster.nodes_per_leaf, nodes) : nodes),
      nodes_per_pod(cluster.nodes_per_pod > 0 && cluster.nodes_per_pod < nodes
                        ? cluster.nodes_per_pod
                        : parts(nodes, nodes_per_leaf) * nodes_per_leaf),
      leaf_groups(parts(nodes, nodes_per_leaf)),
      rails(cluster.rails ? nics_per_node : 1),
      pods(parts(nodes, nodes_per_pod)),
      spines_per_pod(leaf_groups * rails > 1 ? cluster.spine_switches : 0),
      cores(pods > 1 ? cluster.core_switches : 0) {}

std::int64_t Tiers::nodes_of_group(std::int64_t group) const {
  return std::min(nodes_per_leaf, nodes - group * nodes_per_leaf);
}

std::int64_t Tiers::groups_of_pod(std::int64_t pod) const {
  return std::min(groups_per_pod(), leaf_groups - pod * groups_per_pod());
}

std::int64_t Tiers::first_nic(std::int64_t gpu) const {
  const std::int64_t local = gpu % gpus_per_node;
  return node_of_gpu(gpu) * nics_per_node + local * nics_per_node / gpus_per_node;
}

std::int64_t Tiers::nic_count(std::int64_t gpu) const {
  const std::int64_t local = gpu % gpus_per_node;
  return at_least_one((local + 1) * nics_per_node / gpus_per_node -
                      local * nics_per_node / gpus_per_node);
}

std::int64_t Tiers::pcie_of_gpu(std::int64_t gpu) const {
  return nics_per_node <= gpus_per_node ? first_nic(gpu) : gpu;
}

std::int64_t Tiers::pcie_of_nic(std::int64_t nic) const {
  if (nics_per_node <= gpus_per_node) return nic;
  // The last GPU g whose first NIC, floor(g N / G), is at most `local`.
  const std::int64_t local = nic % nics_per_node;
  return nic / nics_per_node * pcie_per_node + ((local + 1) * gpus_per_node - 1) / nics_per_node;
}

std::int64_t Tiers::leaf_of_nic(std::int64_t nic) const {
  return leaf(rails > 1 ? nic % nics_per_node : 0, group_of_node(nic / nics_per_node));
}

std::int64_t Tiers::first_vertex(VertexKind kind) const {
  const std::array<std::int64_t, kVertexKinds> counts = {gpus(),   domains(), pcies(), nics(),
                                                         leaves(), spines(),  cores};
  std::int64_t first = 0;
  for (std::size_t k = 0; k < static_cast<std::size_t>(kind); ++k) first += counts[k];
  return first;
}

std::int64_t Tiers::vertices() const { return first_vertex(VertexKind::kCore) + cores; }

}  // namespace seqspan::sim
