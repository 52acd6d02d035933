#include "sim/cluster/search.hpp"

#include <algorithm>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <deque>
#include <limits>
#include <utility>

namespace seqspan::sim {
namespace {

// Parts of a route: inside the source's node, between nodes, inside the destination's node.
constexpr std::uint32_t kParts = 3;
// Destinations that are remembered: one, and the GPUs of its node that may receive for it.
constexpr std::size_t kAims = 12;

std::uint32_t state(VertexIndex vertex, std::uint32_t part) { return kParts * vertex + part; }

struct Arc {
  std::uint32_t from;
  Step step;
};

void add_nvlink(const Edge& edge, EdgeIndex index, VertexKind a, VertexKind b,
                std::vector<Arc>& arcs) {
  const auto ok = [](VertexKind k) {
    return k == VertexKind::kGpu || k == VertexKind::kNvlinkSwitch;
  };
  if (!ok(a) || !ok(b)) return;
  arcs.push_back({state(edge.from, a == VertexKind::kGpu ? 0 : 1),
                  {index, state(edge.to, b == VertexKind::kGpu ? 2 : 1)}});
}

void add_network(const Edge& edge, EdgeIndex index, VertexKind a, VertexKind b,
                 std::vector<Arc>& arcs) {
  const auto add = [&](std::uint32_t from, std::uint32_t to) {
    arcs.push_back({state(edge.from, from), {index, state(edge.to, to)}});
  };
  if (is_host(a) && is_host(b)) {
    const bool to_gpu = b == VertexKind::kGpu;
    const bool from_gpu = a == VertexKind::kGpu;
    if (to_gpu && from_gpu) return;
    if (!to_gpu) add(0, 0);
    if (!from_gpu) add(2, 2);
    if (to_gpu && a == VertexKind::kPcieSwitch) add(0, 2);
  } else if (is_host(a) && is_network_switch(b)) {
    add(0, 1);
  } else if (is_network_switch(a) && is_host(b)) {
    add(1, 2);
  } else if (is_network_switch(a) && is_network_switch(b)) {
    add(1, 1);
  }
}

using Reversed = boost::compressed_sparse_row_graph<boost::directedS>;

}  // namespace

struct Search::Layers {
  std::vector<Step> arcs;            // by the state that they leave, then by edge
  std::vector<std::uint32_t> begin;  // of a state's arcs
  Reversed reversed;
  const ClusterGraph* graph = nullptr;
  std::size_t states = 0;

  // What a search from one destination found.
  struct Aim {
    VertexIndex destination = 0;
    std::vector<std::int32_t> hops;
    std::vector<double> widths;
    std::vector<std::uint32_t> order;  // as reached from the destination
  };
  // Deque: the aims that stay keep their place. The oldest is replaced.
  std::deque<Aim> aims;
  std::size_t oldest = 0;
  Aim* aim = nullptr;

  void widen(Aim& found) const;
};

Search::Search(const ClusterGraph& graph, Through through) : layers_(std::make_unique<Layers>()) {
  std::vector<Arc> arcs;
  for (std::size_t e = 0; e < graph.edges().size(); ++e) {
    const Edge& edge = graph.edges()[e];
    if (edge.missing()) continue;
    const auto index = static_cast<EdgeIndex>(e);
    const VertexKind a = graph.vertex(edge.from).kind;
    const VertexKind b = graph.vertex(edge.to).kind;
    (through == Through::kNvlink ? add_nvlink : add_network)(edge, index, a, b, arcs);
  }
  std::sort(arcs.begin(), arcs.end(), [](const Arc& a, const Arc& b) {
    return std::pair(a.from, a.step.edge) < std::pair(b.from, b.step.edge);
  });
  const std::size_t states = kParts * graph.vertex_count();
  Layers& layers = *layers_;
  layers.graph = &graph;
  layers.begin.assign(states + 1, 0);
  std::vector<std::pair<std::size_t, std::size_t>> reversed;
  for (const Arc& arc : arcs) {
    layers.arcs.push_back(arc.step);
    ++layers.begin[arc.from + 1];
    reversed.emplace_back(arc.step.state, arc.from);
  }
  for (std::size_t s = 0; s < states; ++s) layers.begin[s + 1] += layers.begin[s];
  layers.states = states;
  layers.reversed =
      Reversed(boost::edges_are_unsorted_multi_pass, reversed.begin(), reversed.end(), states);
}

Search::~Search() = default;
Search::Search(Search&&) noexcept = default;
Search& Search::operator=(Search&&) noexcept = default;

// A state's best route is the widest among its next hops that are nearer to the destination.
void Search::Layers::widen(Aim& found) const {
  for (const std::uint32_t s : found.order) {
    if (found.hops[s] == 0) {
      found.widths[s] = std::numeric_limits<double>::infinity();
      continue;
    }
    for (std::uint32_t i = begin[s]; i < begin[s + 1]; ++i) {
      const Step& step = arcs[i];
      if (found.hops[step.state] != found.hops[s] - 1) continue;
      const double link = graph->edge(step.edge).bandwidth.value();
      found.widths[s] = std::max(found.widths[s], std::min(link, found.widths[step.state]));
    }
  }
}

void Search::aim(VertexIndex gpu) {
  Layers& l = *layers_;
  if (l.aim != nullptr && l.aim->destination == gpu) return;
  for (Layers::Aim& known : l.aims) {
    if (known.destination != gpu) continue;
    l.aim = &known;
    return;
  }
  if (l.aims.size() < kAims) {
    l.aims.emplace_back();
    l.aim = &l.aims.back();
    l.aim->hops.assign(l.states, -1);
    l.aim->widths.assign(l.states, 0);
  } else {
    l.aim = &l.aims[l.oldest];
    l.oldest = (l.oldest + 1) % kAims;
  }
  Layers::Aim& found = *l.aim;
  found.destination = gpu;
  for (const std::uint32_t s : found.order) {
    found.hops[s] = -1;
    found.widths[s] = 0;
  }
  found.order.clear();
  struct Visitor : boost::default_bfs_visitor {
    Layers::Aim* found;
    explicit Visitor(Layers::Aim* aim) : found(aim) {}
    void discover_vertex(std::size_t s, const Reversed&) const {
      found->order.push_back(static_cast<std::uint32_t>(s));
    }
    void tree_edge(const Reversed::edge_descriptor& e, const Reversed& g) const {
      found->hops[target(e, g)] = found->hops[source(e, g)] + 1;
    }
  };
  const std::size_t root = state(gpu, 2);
  found.hops[root] = 0;
  boost::breadth_first_search(l.reversed, root, boost::visitor(Visitor(&found)));
  l.widen(found);
}

std::int32_t Search::hops(VertexIndex gpu) const { return layers_->aim->hops[start(gpu)]; }
double Search::width(VertexIndex gpu) const { return layers_->aim->widths[start(gpu)]; }

void Search::steps(std::uint32_t s, double width, std::vector<Step>& out) const {
  const Layers& l = *layers_;
  const Layers::Aim& to = *l.aim;
  out.clear();
  for (std::uint32_t i = l.begin[s]; i < l.begin[s + 1]; ++i) {
    const Step& step = l.arcs[i];
    if (to.hops[step.state] < 0 || to.hops[step.state] != to.hops[s] - 1) continue;
    const double link = l.graph->edge(step.edge).bandwidth.value();
    if (std::min(link, to.widths[step.state]) >= width) out.push_back(step);
  }
}

std::vector<VertexIndex> Search::reachable(VertexIndex gpu) const {
  const Layers& l = *layers_;
  std::vector<std::uint32_t> seen = {start(gpu)};
  std::vector<VertexIndex> gpus;
  for (std::size_t next = 0; next < seen.size(); ++next) {
    for (std::uint32_t i = l.begin[seen[next]]; i < l.begin[seen[next] + 1]; ++i) {
      const std::uint32_t to = l.arcs[i].state;
      if (std::find(seen.begin(), seen.end(), to) != seen.end()) continue;
      seen.push_back(to);
      const VertexIndex vertex = to / kParts;
      if (l.graph->vertex(vertex).kind == VertexKind::kGpu && vertex != gpu) gpus.push_back(vertex);
    }
  }
  std::sort(gpus.begin(), gpus.end());
  return gpus;
}

}  // namespace seqspan::sim
