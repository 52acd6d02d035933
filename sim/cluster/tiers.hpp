// The shape of a described cluster: how many of each, what hangs under what, and where each vertex
// and link stands in the graph, all by arithmetic.
//
//   GPU g of a node and its NICs share a PCIe switch (sim/network/topology.hpp: GPU g of G owns
//   NICs [g N / G, (g+1) N / G), at least one), so a node has min(G, N) PCIe switches.
//   leaf groups   nodes_per_leaf nodes each; rails: N leaves per group, leaf i for NIC i of every
//                 node; else one leaf for all NICs. The last group may have fewer nodes.
//   pods          nodes_per_pod nodes under spine_switches spine switches, each linked to each of
//                 the pod's leaves. One leaf in all: no spine. One pod: no core.
//   core          each linked to every spine switch.
// Bandwidth, per direction: a leaf's uplinks together have its NICs' over spine_oversubscription,
// in equal parts; a spine switch's uplinks its downlinks' over core_oversubscription.
#pragma once

#include <cstdint>

#include "sim/cluster/vertex.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

// A vertex of a graph; GPU i of the cluster is vertex i.
using VertexIndex = std::uint32_t;
// One direction of a link. Cable c is edges 2c (up, away from the GPU) and 2c + 1 (down).
using EdgeIndex = std::uint32_t;

class Tiers {
 public:
  Tiers() = default;
  explicit Tiers(const Cluster& cluster);

  std::int64_t nodes = 0;
  std::int64_t gpus_per_node = 1;
  std::int64_t nics_per_node = 1;
  std::int64_t pcie_per_node = 1;
  std::int64_t domain_gpus = 1;  // 1: no NVLink switch
  std::int64_t nodes_per_leaf = 1;
  std::int64_t nodes_per_pod = 1;
  std::int64_t leaf_groups = 1;
  std::int64_t rails = 1;  // leaves of a group
  std::int64_t pods = 1;
  std::int64_t spines_per_pod = 0;
  std::int64_t cores = 0;

  [[nodiscard]] std::int64_t gpus() const { return nodes * gpus_per_node; }
  [[nodiscard]] std::int64_t domains() const { return domain_gpus > 1 ? gpus() / domain_gpus : 0; }
  [[nodiscard]] std::int64_t pcies() const { return nodes * pcie_per_node; }
  [[nodiscard]] std::int64_t nics() const { return nodes * nics_per_node; }
  [[nodiscard]] std::int64_t leaves() const { return leaf_groups * rails; }
  [[nodiscard]] std::int64_t spines() const { return pods * spines_per_pod; }
  [[nodiscard]] std::int64_t groups_per_pod() const { return nodes_per_pod / nodes_per_leaf; }
  [[nodiscard]] std::int64_t nodes_of_group(std::int64_t group) const;
  [[nodiscard]] std::int64_t groups_of_pod(std::int64_t pod) const;

  // Of the cluster's GPU or NIC number.
  [[nodiscard]] std::int64_t node_of_gpu(std::int64_t gpu) const { return gpu / gpus_per_node; }
  [[nodiscard]] std::int64_t domain_of(std::int64_t gpu) const { return gpu / domain_gpus; }
  [[nodiscard]] std::int64_t pcie_of_gpu(std::int64_t gpu) const;
  // GPUs with the same number in their nodes have their NICs on the same rails.
  [[nodiscard]] std::int64_t pcie_in_node(std::int64_t gpu) const {
    return pcie_of_gpu(gpu) % pcie_per_node;
  }
  [[nodiscard]] std::int64_t pcie_of_nic(std::int64_t nic) const;
  [[nodiscard]] std::int64_t first_nic(std::int64_t gpu) const;
  [[nodiscard]] std::int64_t nic_count(std::int64_t gpu) const;
  [[nodiscard]] std::int64_t group_of_node(std::int64_t node) const {
    return node / nodes_per_leaf;
  }
  [[nodiscard]] std::int64_t pod_of_node(std::int64_t node) const { return node / nodes_per_pod; }
  // Leaves are numbered rail by rail, in each by group.
  [[nodiscard]] std::int64_t leaf(std::int64_t rail, std::int64_t group) const {
    return rail * leaf_groups + group;
  }
  [[nodiscard]] std::int64_t leaf_of_nic(std::int64_t nic) const;
  [[nodiscard]] std::int64_t pod_of_leaf(std::int64_t leaf) const {
    return leaf % leaf_groups / groups_per_pod();
  }

  // First vertex of a kind; vertices stand in the order of their kinds.
  [[nodiscard]] std::int64_t first_vertex(VertexKind kind) const;
  [[nodiscard]] std::int64_t vertices() const;
  // Cables, block by block.
  [[nodiscard]] std::int64_t nvlink_cable(std::int64_t gpu) const { return gpu; }
  [[nodiscard]] std::int64_t pcie_cable(std::int64_t gpu) const { return nvlinks() + gpu; }
  [[nodiscard]] std::int64_t host_nic_cable(std::int64_t nic) const {
    return nvlinks() + gpus() + nic;
  }
  [[nodiscard]] std::int64_t leaf_cable(std::int64_t nic) const {
    return nvlinks() + gpus() + nics() + nic;
  }
  // From a leaf to spine switch `spine` of its pod.
  [[nodiscard]] std::int64_t spine_cable(std::int64_t leaf, std::int64_t spine) const {
    return nvlinks() + gpus() + 2 * nics() + leaf * spines_per_pod + spine;
  }
  [[nodiscard]] std::int64_t core_cable(std::int64_t spine, std::int64_t core) const {
    return nvlinks() + gpus() + 2 * nics() + leaves() * spines_per_pod + spine * cores + core;
  }
  [[nodiscard]] std::int64_t cables() const { return core_cable(spines(), 0); }

 private:
  [[nodiscard]] std::int64_t nvlinks() const { return domain_gpus > 1 ? gpus() : 0; }
};

[[nodiscard]] constexpr EdgeIndex up(std::int64_t cable) {
  return static_cast<EdgeIndex>(2 * cable);
}
[[nodiscard]] constexpr EdgeIndex down(std::int64_t cable) {
  return static_cast<EdgeIndex>(2 * cable + 1);
}

}  // namespace seqspan::sim
