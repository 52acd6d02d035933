// Clusters and graphs for the tests of sim/cluster. Efficiency 1, so that bandwidths are round.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "sim/cluster/cluster_graph.hpp"

namespace seqspan::sim::test {

inline constexpr double kNvlink = 450e9;
inline constexpr double kNic = 50e9;

// NVLink 450 GB/s and 2 us, one NIC of 50 GB/s and 10 us per GPU.
inline Cluster small_cluster(std::int64_t nodes, std::int64_t gpus = 8, std::int64_t nics = 8) {
  Cluster cluster;
  cluster.name = "small";
  cluster.nodes = nodes;
  cluster.gpus_per_node = gpus;
  cluster.nvlink_domain = gpus;
  cluster.nics_per_node = nics;
  cluster.device.nvlink.bandwidth = BytesPerSecond(kNvlink);
  cluster.device.nvlink.message_latency = Seconds(2e-6);
  cluster.nic.bandwidth = BytesPerSecond(kNic);
  cluster.nic.message_latency = Seconds(10e-6);
  return cluster;
}

inline Cluster with_rails(Cluster cluster, std::int64_t nodes_per_leaf = 0,
                          std::int64_t spines = 1) {
  cluster.rails = true;
  cluster.nodes_per_leaf = nodes_per_leaf;
  cluster.spine_switches = spines;
  return cluster;
}

inline ClusterGraph graph_of(const Cluster& cluster) {
  Result<ClusterGraph> graph = ClusterGraph::build(cluster);
  if (!graph) {
    ADD_FAILURE() << graph.error().what;
    return {};
  }
  return std::move(*graph);
}

inline LinkOverride slow(std::string link, double bandwidth, std::string to = {}) {
  LinkOverride item;
  item.link = std::move(link);
  item.to = std::move(to);
  item.bandwidth = BytesPerSecond(bandwidth);
  item.where = "test";
  return item;
}

inline LinkOverride missing(std::string link, std::string to = {}) {
  LinkOverride item;
  item.link = std::move(link);
  item.to = std::move(to);
  item.missing = true;
  item.where = "test";
  return item;
}

}  // namespace seqspan::sim::test
