#include "sim/cluster/cluster_graph.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/cluster/graph_builder.hpp"

namespace seqspan::sim {
namespace {

// Indices of vertices and edges have 32 bits; a GPU has about four cables.
constexpr std::int64_t kMostGpus = 1 << 24;

}  // namespace

Result<ClusterGraph> ClusterGraph::build(const Cluster& cluster) {
  const std::int64_t per_node = std::max(cluster.gpus_per_node, cluster.nics_per_node);
  if (cluster.nodes * per_node > kMostGpus) {
    return input_error(fmt::format("{} nodes of {} GPUs are too many for a graph", cluster.nodes,
                                   cluster.gpus_per_node),
                       "", fmt::format("it holds at most {} GPUs or NICs", kMostGpus));
  }
  GraphBuilder builder(cluster);
  if (cluster.links.empty()) {
    builder.describe();
  } else if (Result<void> ok = builder.take_links(); !ok) {
    return tl::unexpected(ok.error());
  }
  if (Result<void> ok = builder.override_links(); !ok) return tl::unexpected(ok.error());
  if (Result<void> ok = builder.check_connected(); !ok) return tl::unexpected(ok.error());
  return builder.take();
}

std::optional<VertexIndex> ClusterGraph::find(const Vertex& vertex) const {
  const auto found = std::lower_bound(vertices_.begin(), vertices_.end(), vertex);
  if (found == vertices_.end() || *found != vertex) return std::nullopt;
  return static_cast<VertexIndex>(found - vertices_.begin());
}

std::optional<VertexIndex> ClusterGraph::find(std::string_view name) const {
  const auto vertex = parse_vertex(name);
  return vertex ? find(*vertex) : std::nullopt;
}

std::int64_t ClusterGraph::count(VertexKind kind) const {
  const auto first = std::partition_point(vertices_.begin(), vertices_.end(),
                                          [&](const Vertex& v) { return v.kind < kind; });
  return std::partition_point(first, vertices_.end(),
                              [&](const Vertex& v) { return v.kind == kind; }) -
         first;
}

}  // namespace seqspan::sim
