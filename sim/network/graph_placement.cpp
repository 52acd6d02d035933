#include "sim/network/graph_placement.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/cluster/routes.hpp"
#include "sim/network/enumerated_placement.hpp"
#include "sim/network/tier_traffic.hpp"
#include "sim/network/touched_gpus.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kPairsKept = std::int64_t{1} << 20;
constexpr double kNothing = 1e-12;  // of bytes: what subtracting leaves of nothing
constexpr double kSame = 1e-12;     // of two loads: sums in another order

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

double nominal(const Cluster& cluster, LinkKind kind) {
  const double nic = cluster.nic.effective_bandwidth().value();
  switch (kind) {
    case LinkKind::kNvlink:
      return cluster.device.nvlink.effective_bandwidth().value();
    case LinkKind::kPcie:
      return cluster.pcie ? cluster.pcie->value() : nic;
    case LinkKind::kNic:
      return nic;
    case LinkKind::kSpine:
      return nic / cluster.spine_oversubscription;
    case LinkKind::kCore:
      return nic / (cluster.spine_oversubscription * cluster.core_oversubscription);
  }
  return nic;
}

// Of every edge: what a byte on it counts as; 0 where it does not count.
std::vector<double> weights_of(const Cluster& cluster, const ClusterGraph& graph) {
  std::vector<double> weights(graph.edges().size());
  for (std::size_t e = 0; e < weights.size(); ++e) {
    const Edge& edge = graph.edges()[e];
    const LinkKind kind = kind_of(graph, static_cast<EdgeIndex>(e));
    if (edge.missing()) continue;
    if (kind == LinkKind::kPcie && graph.described() && !cluster.pcie) {
      const VertexIndex gpu = std::min(edge.from, edge.to);
      const auto behind = static_cast<double>(graph.tiers().nic_count(gpu)) *
                          cluster.nic.effective_bandwidth().value();
      if (edge.bandwidth.value() >= behind) continue;
    }
    weights[e] = nominal(cluster, kind) / edge.bandwidth.value();
  }
  return weights;
}

bool same_rail(const ClusterGraph& graph, VertexIndex a, VertexIndex b) {
  if (!graph.rails()) return false;
  if (!graph.described()) return graph.vertex(a).index == graph.vertex(b).index;
  const Tiers& t = graph.tiers();
  return t.pcie_of_gpu(a) % t.pcie_per_node == t.pcie_of_gpu(b) % t.pcie_per_node;
}

double median(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

LinkKind kind_of(const ClusterGraph& graph, EdgeIndex index) {
  const Edge& edge = graph.edge(index);
  const VertexKind a = graph.vertex(edge.from).kind;
  const VertexKind b = graph.vertex(edge.to).kind;
  const auto either = [&](VertexKind kind) { return a == kind || b == kind; };
  if (either(VertexKind::kNvlinkSwitch)) return LinkKind::kNvlink;
  if (a == VertexKind::kGpu && b == VertexKind::kGpu) return LinkKind::kNvlink;
  if (either(VertexKind::kNic)) return LinkKind::kNic;
  if (either(VertexKind::kCore)) return LinkKind::kCore;
  return is_network_switch(a) ? LinkKind::kSpine : LinkKind::kPcie;
}

const BusiestLinks& PatternLinks::of(Collective collective) const {
  switch (collective) {
    case Collective::kAllToAll:
      return all_to_all;
    case Collective::kRingShift:
      return ring_shift;
    case Collective::kPointToPoint:
      return hop;
    default:
      return ring_collective;
  }
}

class GraphPlacement::Implementation {
 public:
  Implementation(const Cluster& cluster, const ClusterGraph& graph, PairsBy by)
      : cluster_(&cluster),
        graph_(&graph),
        routes_(graph),
        domains_(domains_of(graph)),
        weights_(weights_of(cluster, graph)),
        by_arithmetic_(graph.described() && by == PairsBy::kTouched),
        touched_(by_arithmetic_ ? touched_gpus(cluster, graph)
                                : std::vector<bool>(domains_.size(), true)) {
    for (VertexIndex gpu = 0; gpu < touched_.size(); ++gpu) {
      if (!touched_[gpu]) continue;
      touched_list_.push_back(gpu);
    }
    keep_ = pairs() <= kPairsKept;
  }

  [[nodiscard]] std::int64_t pairs() const {
    return static_cast<std::int64_t>(touched_list_.size()) * graph_->gpus();
  }
  PlacedGroup place(GroupShape shape, std::int64_t world, PatternLinks& links);

 private:
  struct Pair {
    std::vector<EdgeShare> shares;
    Seconds latency;
    bool known = false;
  };
  // The route of two GPUs is that of two others, their nodes exchanged.
  struct Found {
    const Pair* pair = nullptr;
    VertexIndex from = 0;
    VertexIndex to = 0;
  };
  // What a pattern puts on every edge: of messages from and to touched GPUs one by one, of others
  // by arithmetic.
  struct Loads {
    std::vector<double> bytes;
    std::optional<TierTraffic> others;
    Seconds slowest;       // over NICs
    Seconds slowest_ring;  // further latency of a ring collective
  };
  using Members = std::vector<VertexIndex>;
  // What a link joins, either way around.
  using Ends = std::pair<VertexKind, VertexKind>;

  [[nodiscard]] Ends ends_of(EdgeIndex index) const {
    const Edge& edge = graph_->edge(index);
    return std::minmax({graph_->vertex(edge.from).kind, graph_->vertex(edge.to).kind});
  }
  [[nodiscard]] bool by_graph(VertexIndex from, VertexIndex to) const {
    return touched_[from] || touched_[to];
  }
  [[nodiscard]] Loads no_loads() const;
  Pair& slot(VertexIndex from, VertexIndex to);
  [[nodiscard]] VertexIndex like(VertexIndex to) const;
  [[nodiscard]] EdgeIndex moved(EdgeIndex edge, VertexIndex from, VertexIndex to) const;
  [[nodiscard]] Found pair(VertexIndex from, VertexIndex to);
  void search(VertexIndex from, VertexIndex to, Pair& pair);
  void send(Loads& loads, VertexIndex from, VertexIndex to, double bytes);
  [[nodiscard]] Seconds latency(VertexIndex from, VertexIndex to);
  [[nodiscard]] Seconds further(VertexIndex from, VertexIndex to);
  void all_to_all(GroupShape shape, const Members& members, Loads& loads);
  void ring_collective(const Members& members, Loads& loads);
  void shift(const Members& members, bool wrap, Loads& loads);
  [[nodiscard]] std::vector<Members> runs(const Members& members) const;
  [[nodiscard]] LinkLoads busiest(Loads& loads, BusiestLinks& links) const;
  [[nodiscard]] LinkLoads busiest_of_messages(Loads& loads, BusiestLinks& links) const;

  const Cluster* cluster_;
  const ClusterGraph* graph_;
  Routes routes_;
  std::vector<VertexIndex> domains_;  // of GPUs
  std::vector<double> weights_;       // of edges
  bool by_arithmetic_;                // pairs that are not touched
  std::vector<bool> touched_;         // of GPUs
  std::vector<VertexIndex> touched_list_;
  bool keep_ = false;
  std::unordered_map<std::uint64_t, Pair> pairs_;  // by destination and source; never iterated
  Pair last_;
};

GraphPlacement::Implementation::Loads GraphPlacement::Implementation::no_loads() const {
  Loads loads;
  loads.bytes.assign(weights_.size(), 0);
  if (by_arithmetic_) loads.others.emplace(*cluster_, graph_->tiers(), true);
  return loads;
}

GraphPlacement::Implementation::Pair& GraphPlacement::Implementation::slot(VertexIndex from,
                                                                           VertexIndex to) {
  return pairs_[std::uint64_t{to} << 32 | from];
}

// The first GPU that is not touched, in the same place of a node under the same leaves. Exchanging
// the two nodes changes nothing in the graph.
VertexIndex GraphPlacement::Implementation::like(VertexIndex to) const {
  const Tiers& t = graph_->tiers();
  const std::int64_t first_node = t.group_of_node(t.node_of_gpu(to)) * t.nodes_per_leaf;
  VertexIndex gpu = static_cast<VertexIndex>(first_node * t.gpus_per_node) +
                    to % static_cast<VertexIndex>(t.gpus_per_node);
  while (touched_[gpu]) gpu += static_cast<VertexIndex>(t.gpus_per_node);
  return gpu;
}

// An edge of a route of `from`, in the route of `to`: those of its node move with it.
EdgeIndex GraphPlacement::Implementation::moved(EdgeIndex edge, VertexIndex from,
                                                VertexIndex to) const {
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

void GraphPlacement::Implementation::search(VertexIndex from, VertexIndex to, Pair& pair) {
  pair.shares = routes_.split(from, to);
  pair.latency = routes_.latency(from, to);
  pair.known = true;
}

GraphPlacement::Implementation::Found GraphPlacement::Implementation::pair(VertexIndex from,
                                                                           VertexIndex to) {
  if (!keep_) {
    search(from, to, last_);
    return {&last_, from, to};
  }
  // In a domain of several nodes a neighbour is not like others under its leaf.
  VertexIndex like_from = touched_[from] ? from : like(from);
  VertexIndex like_to = touched_[to] ? to : like(to);
  if (domains_[from] == domains_[to] || domains_[like_from] == domains_[like_to]) {
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

Seconds GraphPlacement::Implementation::latency(VertexIndex from, VertexIndex to) {
  if (by_graph(from, to)) return pair(from, to).pair->latency;
  if (domains_[from] == domains_[to]) return cluster_->device.nvlink.message_latency;
  return cluster_->nic.message_latency +
         TierTraffic::further_latency(*cluster_, graph_->tiers(), from, to);
}

// Beyond the latency of one message over NICs; none inside an NVLink domain.
Seconds GraphPlacement::Implementation::further(VertexIndex from, VertexIndex to) {
  if (domains_[from] == domains_[to]) return {};
  return std::max(Seconds(0), latency(from, to) - cluster_->nic.message_latency);
}

void GraphPlacement::Implementation::send(Loads& loads, VertexIndex from, VertexIndex to,
                                          double bytes) {
  loads.slowest = std::max(loads.slowest, latency(from, to));
  if (!by_graph(from, to)) {
    loads.others->send(from, to, bytes);
    return;
  }
  const Found found = pair(from, to);
  for (const EdgeShare& share : found.pair->shares) {
    EdgeIndex edge = share.edge;
    if (found.from != from) edge = moved(edge, found.from, from);
    if (found.to != to) edge = moved(edge, found.to, to);
    loads.bytes[edge] += bytes * share.part;
  }
}

// Described clusters: by arithmetic, and what touched GPUs send and receive taken back and sent
// anew. Destination by destination, as the search of routes wants it.
void GraphPlacement::Implementation::all_to_all(GroupShape shape, const Members& members,
                                                Loads& loads) {
  const double each = 1 / static_cast<double>(members.size());
  if (loads.others) {
    Seconds further;
    count_all_to_all(shape, members.front(), *loads.others, further);
    const bool one_domain = domains_[members.front()] == domains_[members.back()];
    loads.slowest = std::max(loads.slowest, one_domain ? cluster_->device.nvlink.message_latency
                                                       : cluster_->nic.message_latency + further);
  }
  Members touched;
  for (const VertexIndex gpu : members) {
    if (touched_[gpu]) touched.push_back(gpu);
  }
  const auto correct = [&](VertexIndex from, VertexIndex to) {
    if (from == to) return;
    if (loads.others) loads.others->send(from, to, -each);
    send(loads, from, to, each);
  };
  for (const VertexIndex to : members) {
    for (const VertexIndex from : touched_[to] ? members : touched) correct(from, to);
  }
}

std::vector<GraphPlacement::Implementation::Members> GraphPlacement::Implementation::runs(
    const Members& members) const {
  std::vector<Members> runs;
  for (const VertexIndex gpu : members) {
    if (runs.empty() || domains_[runs.back().front()] != domains_[gpu]) runs.emplace_back();
    runs.back().push_back(gpu);
  }
  return runs;
}

void GraphPlacement::Implementation::ring_collective(const Members& members, Loads& loads) {
  const std::vector<Members> parts = runs(members);
  const auto n = static_cast<double>(members.size());
  const double edge = (n - 1) / n;
  if (parts.size() == 1) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      send(loads, members[i], members[(i + 1) % members.size()], edge);
    }
    return;
  }
  Seconds sum;
  Seconds fastest;
  for (std::size_t r = 0; r < parts.size(); ++r) {
    const Members& here = parts[r];
    const Members& next = parts[(r + 1) % parts.size()];
    const double share = edge / static_cast<double>(here.size());
    Seconds slowest;
    for (const VertexIndex from : here) {
      for (const VertexIndex to : here) {
        if (from != to) send(loads, from, to, share);
      }
    }
    for (const VertexIndex from : here) {
      Members targets;
      for (const VertexIndex to : next) {
        if (same_rail(*graph_, from, to)) targets.push_back(to);
      }
      if (targets.empty()) targets = next;
      for (const VertexIndex to : targets) {
        send(loads, from, to, share / static_cast<double>(targets.size()));
        slowest = std::max(slowest, further(from, to));
      }
    }
    fastest = r == 0 ? slowest : std::min(fastest, slowest);
    sum += slowest;
  }
  loads.slowest_ring = std::max(loads.slowest_ring, sum - fastest);
}

void GraphPlacement::Implementation::shift(const Members& members, bool wrap, Loads& loads) {
  const std::size_t n = members.size();
  for (std::size_t i = 0; i < (wrap ? n : n - 1); ++i) {
    send(loads, members[i], members[(i + 1) % n], 1);
  }
}

LinkLoads GraphPlacement::Implementation::busiest(Loads& loads, BusiestLinks& links) const {
  if (loads.others) loads.others->add_to(loads.bytes);
  links = {};
  std::array<Ends, kLinkKinds> ends;
  for (std::size_t e = 0; e < weights_.size(); ++e) {
    const double load = loads.bytes[e] * weights_[e];
    const auto index = static_cast<EdgeIndex>(e);
    const auto kind = static_cast<std::size_t>(kind_of(*graph_, index));
    // Of the two sides of a NIC that are equally busy, the one to the network is its own.
    const bool outside = ends_of(index).first == VertexKind::kNic;
    const double best = links[kind].load;
    if (loads.bytes[e] < kNothing || load <= 0 || load < best * (outside ? 1 - kSame : 1 + kSame))
      continue;
    links[kind] = {index, load, 0, {}};
    ends[kind] = ends_of(index);
  }
  std::array<std::vector<double>, kLinkKinds> in_use;
  std::array<std::vector<double>, kLinkKinds> bandwidths;
  for (std::size_t e = 0; e < weights_.size(); ++e) {
    const auto index = static_cast<EdgeIndex>(e);
    const auto kind = static_cast<std::size_t>(kind_of(*graph_, index));
    if (loads.bytes[e] < kNothing || ends_of(index) != ends[kind]) continue;
    in_use[kind].push_back(loads.bytes[e] * weights_[e]);
    bandwidths[kind].push_back(graph_->edge(index).bandwidth.value());
  }
  for (std::size_t kind = 0; kind < kLinkKinds; ++kind) {
    links[kind].others = median(in_use[kind]);
    links[kind].bandwidth = BytesPerSecond(median(bandwidths[kind]));
  }
  const auto load = [&](LinkKind kind) { return links[static_cast<std::size_t>(kind)].load; };
  LinkLoads result;
  result.nvlink = load(LinkKind::kNvlink);
  result.pcie = load(LinkKind::kPcie);
  result.nic = load(LinkKind::kNic);
  result.spine = load(LinkKind::kSpine);
  result.core = load(LinkKind::kCore);
  result.latency = loads.slowest_ring;
  return result;
}

LinkLoads GraphPlacement::Implementation::busiest_of_messages(Loads& loads,
                                                              BusiestLinks& links) const {
  LinkLoads result = busiest(loads, links);
  Seconds slowest;
  if (result.nvlink > 0) slowest = cluster_->device.nvlink.message_latency;
  if (result.nic > 0) slowest = std::max(slowest, cluster_->nic.message_latency);
  result.latency = std::max(Seconds(0), loads.slowest - slowest);
  return result;
}

PlacedGroup GraphPlacement::Implementation::place(GroupShape shape, std::int64_t world,
                                                  PatternLinks& links) {
  PlacedGroup placed;
  placed.shape = shape;
  placed.world = world;
  const std::int64_t tile = shape.tile();
  if (shape.size <= 1) return placed;
  Loads all = no_loads();
  Loads ring = no_loads();
  Loads shifted = no_loads();
  Loads hops = no_loads();
  Members members(static_cast<std::size_t>(shape.size));
  for (std::int64_t start = 0; start + tile <= std::min(world, graph_->gpus()); start += tile) {
    for (std::int64_t sibling = 0; sibling < shape.siblings(); ++sibling) {
      const std::int64_t first = start + shape.first(sibling);
      for (std::size_t i = 0; i < members.size(); ++i) {
        members[i] = static_cast<VertexIndex>(first + shape.offset(static_cast<std::int64_t>(i)));
      }
      const std::vector<Members> parts = runs(members);
      placed.domains = std::max(placed.domains, static_cast<std::int64_t>(parts.size()));
      for (const Members& part : parts) {
        placed.domain_members =
            std::max(placed.domain_members, static_cast<std::int64_t>(part.size()));
      }
      all_to_all(shape, members, all);
      ring_collective(members, ring);
      shift(members, true, shifted);
      shift(members, false, hops);
    }
  }
  placed.all_to_all = busiest_of_messages(all, links.all_to_all);
  placed.ring_collective = busiest(ring, links.ring_collective);
  placed.ring_shift = busiest_of_messages(shifted, links.ring_shift);
  placed.hop = busiest_of_messages(hops, links.hop);
  return placed;
}

GraphPlacement::GraphPlacement(const Cluster& cluster, const ClusterGraph& graph, PairsBy by)
    : implementation_(std::make_unique<Implementation>(cluster, graph, by)) {}
GraphPlacement::~GraphPlacement() = default;
GraphPlacement::GraphPlacement(GraphPlacement&&) noexcept = default;
GraphPlacement& GraphPlacement::operator=(GraphPlacement&&) noexcept = default;

std::int64_t GraphPlacement::pairs() const { return implementation_->pairs(); }

PlacedGroup GraphPlacement::place(GroupShape shape, std::int64_t world, PatternLinks& links) {
  return implementation_->place(shape, world, links);
}

}  // namespace seqspan::sim
