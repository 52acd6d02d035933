#include "sim/network/touched_gpus.hpp"

#include <algorithm>
#include <cstdint>

#include "sim/cluster/tiers.hpp"
#include "sim/cluster/vertex.hpp"

namespace seqspan::sim {

std::vector<bool> touched_gpus(const Cluster& cluster, const ClusterGraph& graph) {
  std::vector<bool> touched(static_cast<std::size_t>(graph.gpus()));
  Cluster described = cluster;
  described.overrides.clear();
  const Result<ClusterGraph> plain = ClusterGraph::build(described);
  if (!plain) return std::vector<bool>(touched.size(), true);
  const Tiers& t = graph.tiers();
  const auto touch = [&](std::int64_t first_node, std::int64_t nodes) {
    const std::int64_t end = std::min(first_node + nodes, t.nodes) * t.gpus_per_node;
    for (std::int64_t gpu = first_node * t.gpus_per_node; gpu < end; ++gpu) {
      touched[static_cast<std::size_t>(gpu)] = true;
    }
  };
  for (std::size_t e = 0; e < graph.edges().size(); ++e) {
    const Edge& edge = graph.edges()[e];
    if (edge.bandwidth == plain->edges()[e].bandwidth) continue;
    const VertexIndex nearer = std::min(edge.from, edge.to);  // vertices ascend by kind
    const Vertex& end = graph.vertex(nearer);
    if (is_host(end.kind)) {
      touch(end.group, 1);
    } else if (end.kind == VertexKind::kLeaf) {
      const std::int64_t leaf = nearer - t.first_vertex(VertexKind::kLeaf);
      touch(leaf % t.leaf_groups * t.nodes_per_leaf, t.nodes_per_leaf);
    } else {
      const std::int64_t spine = nearer - t.first_vertex(VertexKind::kSpine);
      touch(spine / t.spines_per_pod * t.nodes_per_pod, t.nodes_per_pod);
    }
  }
  return touched;
}

}  // namespace seqspan::sim
