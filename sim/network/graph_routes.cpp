#include "sim/network/graph_routes.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>

#include "sim/network/graph_links.hpp"
#include "sim/network/tier_traffic.hpp"
#include "sim/network/touched_gpus.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kPairsKept = std::int64_t{1} << 20;

// GPUs that working NVLink links join have the same number.
std::vector<VertexIndex> domains_of(const ClusterGraph& graph) {
  std::vector<VertexIndex> parent(graph.vertex_count());
  std::iota(parent.begin(), parent.end(), VertexIndex{0});
  const auto root = [&](VertexIndex v) {
    while (parent[v] != v) v = parent[v] = parent[parent[v]];
    return v;
  };
  for (std::size_t e = 0; e < graph.edges().size(); ++e) {
    const Edge& edge = graph.edges()[e];
    if (edge.missing() || kind_of(graph, static_cast<EdgeIndex>(e)) != LinkKind::kNvlink) continue;
    parent[root(edge.from)] = root(edge.to);
  }
  std::vector<VertexIndex> domains(static_cast<std::size_t>(graph.gpus()));
  for (VertexIndex gpu = 0; gpu < domains.size(); ++gpu) domains[gpu] = root(gpu);
  return domains;
}

}  // namespace

GraphRoutes::GraphRoutes(const Cluster& cluster, const ClusterGraph& graph, PairsBy by)
    : cluster_(&cluster),
      graph_(&graph),
      routes_(graph),
      domains_(domains_of(graph)),
      by_arithmetic_(graph.described() && by == PairsBy::kTouched),
      touched_(by_arithmetic_ ? touched_gpus(cluster, graph)
                              : std::vector<bool>(domains_.size(), true)) {
  for (VertexIndex gpu = 0; gpu < touched_.size(); ++gpu) {
    if (touched_[gpu]) touched_list_.push_back(gpu);
  }
  keep_ = pairs() <= kPairsKept;
}

std::int64_t GraphRoutes::pairs() const {
  return static_cast<std::int64_t>(touched_list_.size()) * graph_->gpus();
}

bool GraphRoutes::on_one_rail(VertexIndex a, VertexIndex b) const {
  if (!graph_->rails()) return false;
  if (!graph_->described()) return graph_->vertex(a).index == graph_->vertex(b).index;
  return graph_->tiers().pcie_in_node(a) == graph_->tiers().pcie_in_node(b);
}

GraphRoutes::Pair& GraphRoutes::slot(VertexIndex from, VertexIndex to) {
  return pairs_[std::uint64_t{to} << 32 | from];
}

// The first GPU that is not touched, in the same place of a node under the same leaves. Exchanging
// the two nodes changes nothing in the graph.
VertexIndex GraphRoutes::like(VertexIndex to) const {
  const Tiers& t = graph_->tiers();
  const std::int64_t first_node = t.group_of_node(t.node_of_gpu(to)) * t.nodes_per_leaf;
  VertexIndex gpu = static_cast<VertexIndex>(first_node * t.gpus_per_node) +
                    to % static_cast<VertexIndex>(t.gpus_per_node);
  while (touched_[gpu]) gpu += static_cast<VertexIndex>(t.gpus_per_node);
  return gpu;
}

// An edge of a route of `from`, in the route of `to`: those of its node move with it.
EdgeIndex GraphRoutes::moved(EdgeIndex edge, VertexIndex from, VertexIndex to) const {
  const Tiers& t = graph_->tiers();
  const std::int64_t node = t.node_of_gpu(from);
  const std::int64_t nodes = t.node_of_gpu(to) - node;
  const std::int64_t cable = edge / 2;
  const auto move = [&](std::int64_t first_cable,
                        std::int64_t per_node) -> std::optional<EdgeIndex> {
    const std::int64_t begin = first_cable + node * per_node;
    if (cable < begin || cable >= begin + per_node) return std::nullopt;
    return static_cast<EdgeIndex>(edge + 2 * nodes * per_node);
  };
  if (t.domains() > 0) {
    if (const auto found = move(t.nvlink_cable(0), t.gpus_per_node)) return *found;
  }
  if (const auto found = move(t.pcie_cable(0), t.gpus_per_node)) return *found;
  if (const auto found = move(t.host_nic_cable(0), t.nics_per_node)) return *found;
  if (const auto found = move(t.leaf_cable(0), t.nics_per_node)) return *found;
  return edge;
}

void GraphRoutes::search(VertexIndex from, VertexIndex to, Pair& pair) {
  pair.shares = routes_.split(from, to);
  pair.latency = routes_.latency(from, to);
  pair.known = true;
}

GraphRoutes::Found GraphRoutes::pair(VertexIndex from, VertexIndex to) {
  if (!keep_) {
    search(from, to, last_);
    return {&last_, from, to};
  }
  // In a domain of several nodes a neighbour is not like others under its leaf.
  VertexIndex like_from = touched_[from] ? from : like(from);
  VertexIndex like_to = touched_[to] ? to : like(to);
  if (in_one_domain(from, to) || in_one_domain(like_from, like_to)) {
    like_from = from;
    like_to = to;
  }
  Pair& known = slot(like_from, like_to);
  if (!known.known && touched_[like_to]) search(like_from, like_to, known);
  if (!known.known) {
    // One search for all sources.
    for (const VertexIndex source : touched_list_) search(source, like_to, slot(source, like_to));
  }
  return {&known, like_from, like_to};
}

Seconds GraphRoutes::latency(VertexIndex from, VertexIndex to) {
  if (is_searched(from, to)) return pair(from, to).pair->latency;
  if (in_one_domain(from, to)) return cluster_->device.nvlink.message_latency;
  return cluster_->nic.message_latency +
         TierTraffic::further_latency(*cluster_, graph_->tiers(), from, to);
}

Seconds GraphRoutes::further_latency(VertexIndex from, VertexIndex to) {
  if (in_one_domain(from, to)) return {};
  return std::max(Seconds(0), latency(from, to) - cluster_->nic.message_latency);
}

void GraphRoutes::add_load(VertexIndex from, VertexIndex to, double bytes,
                           std::vector<double>& edges) {
  const Found found = pair(from, to);
  for (const EdgeShare& share : found.pair->shares) {
    EdgeIndex edge = share.edge;
    if (found.from != from) edge = moved(edge, found.from, from);
    if (found.to != to) edge = moved(edge, found.to, to);
    edges[edge] += bytes * share.part;
  }
}

}  // namespace seqspan::sim
