// Where a GPU of a cluster sits: its NVLink domain, its NICs, its leaf. All by arithmetic on the
// number of the GPU, because a cluster is equal nodes numbered in order (sim/spec/cluster.hpp).
//
// NICs: with at least as many NICs as GPUs, a GPU spreads its traffic over its own NICs; with
// fewer, consecutive GPUs share one. GPU g of a node of G with N NICs owns NICs [g N / G, (g+1) N /
// G), and at least NIC g N / G.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

struct NicRange {
  std::int64_t first = 0;  // counted over the whole cluster
  std::int64_t count = 1;
};

class Topology {
 public:
  explicit Topology(const Cluster& cluster)
      : gpus_per_node_(std::max<std::int64_t>(1, cluster.gpus_per_node)),
        nics_per_node_(std::max<std::int64_t>(1, cluster.nics_per_node)),
        domain_gpus_(cluster.nvlink_domain > 0 ? cluster.nvlink_domain : gpus_per_node_),
        leaf_gpus_(std::max<std::int64_t>(0, cluster.nodes_per_leaf) * gpus_per_node_),
        nodes_(cluster.nodes) {}

  [[nodiscard]] std::int64_t gpus_per_node() const { return gpus_per_node_; }
  [[nodiscard]] std::int64_t nics_per_node() const { return nics_per_node_; }
  // GPUs of one NVLink domain.
  [[nodiscard]] std::int64_t domain_gpus() const { return domain_gpus_; }
  // GPUs under one leaf; 0 where there is no spine.
  [[nodiscard]] std::int64_t leaf_gpus() const { return leaf_gpus_; }

  [[nodiscard]] std::int64_t domain_of(std::int64_t gpu) const { return gpu / domain_gpus_; }
  [[nodiscard]] std::int64_t leaf_of(std::int64_t gpu) const {
    return leaf_gpus_ == 0 ? 0 : gpu / leaf_gpus_;
  }
  [[nodiscard]] NicRange nics_of(std::int64_t gpu) const {
    const std::int64_t node = gpu / gpus_per_node_;
    const std::int64_t local = gpu % gpus_per_node_;
    const std::int64_t first = local * nics_per_node_ / gpus_per_node_;
    const std::int64_t end = (local + 1) * nics_per_node_ / gpus_per_node_;
    return {node * nics_per_node_ + first, std::max<std::int64_t>(1, end - first)};
  }
  // NICs under a leaf in a cluster that holds `world` ranks; the last leaf may have fewer nodes.
  [[nodiscard]] std::int64_t leaf_nics(std::int64_t leaf, std::int64_t world) const {
    const std::int64_t nodes = std::max(nodes_, (world + gpus_per_node_ - 1) / gpus_per_node_);
    const std::int64_t nodes_per_leaf = leaf_gpus_ / gpus_per_node_;
    return std::min(nodes_per_leaf, nodes - leaf * nodes_per_leaf) * nics_per_node_;
  }

 private:
  std::int64_t gpus_per_node_;
  std::int64_t nics_per_node_;
  std::int64_t domain_gpus_;
  std::int64_t leaf_gpus_;
  std::int64_t nodes_;
};

}  // namespace seqspan::sim
