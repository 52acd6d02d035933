#include "sim/network/graph_patterns.hpp"

#include <algorithm>
#include <cstddef>

#include "sim/network/enumerated_group.hpp"
#include "sim/network/enumerated_patterns.hpp"

namespace seqspan::sim {
namespace {

void send(GraphRoutes& routes, GraphLoads& loads, VertexIndex from, VertexIndex to, double bytes) {
  loads.slowest = std::max(loads.slowest, routes.latency(from, to));
  if (routes.is_searched(from, to)) {
    routes.add_load(from, to, bytes, loads.bytes);
  } else {
    loads.others->send(from, to, bytes);
  }
}

}  // namespace

GraphGroup::GraphGroup(const GraphRoutes& routes, GroupShape of_shape, std::int64_t first_rank)
    : shape(of_shape), members(static_cast<std::size_t>(of_shape.size)) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    const VertexIndex gpu =
        static_cast<VertexIndex>(first_rank + shape.offset(static_cast<std::int64_t>(i)));
    members[i] = gpu;
    if (runs.empty() || !routes.in_one_domain(runs.back().front(), gpu)) runs.emplace_back();
    runs.back().push_back(gpu);
  }
}

GraphLoads::GraphLoads(const GraphRoutes& routes) : bytes(routes.graph().edges().size()) {
  if (routes.by_arithmetic()) others.emplace(routes.cluster(), routes.graph().tiers(), true);
}

// Described clusters: by arithmetic, and what touched GPUs send and receive taken back and sent
// anew. Destination by destination, as the search of routes wants it.
void count_all_to_all(const GraphGroup& group, GraphRoutes& routes, GraphLoads& loads) {
  const GraphGroup::Members& members = group.members;
  const Cluster& cluster = routes.cluster();
  const double each = 1 / static_cast<double>(members.size());
  if (loads.others) {
    Seconds further;
    count_all_to_all(EnumeratedGroup(loads.others->tiers(), group.shape, members.front()),
                     *loads.others, further);
    const bool one_domain = routes.in_one_domain(members.front(), members.back());
    loads.slowest = std::max(loads.slowest, one_domain ? cluster.device.nvlink.message_latency
                                                       : cluster.nic.message_latency + further);
  }
  GraphGroup::Members touched;
  for (const VertexIndex gpu : members) {
    if (routes.is_touched(gpu)) touched.push_back(gpu);
  }
  const auto correct = [&](VertexIndex from, VertexIndex to) {
    if (from == to) return;
    if (loads.others) loads.others->send(from, to, -each);
    send(routes, loads, from, to, each);
  };
  for (const VertexIndex to : members) {
    for (const VertexIndex from : routes.is_touched(to) ? members : touched) correct(from, to);
  }
}

void count_ring_collective(const GraphGroup& group, GraphRoutes& routes, GraphLoads& loads) {
  const GraphGroup::Members& members = group.members;
  const std::vector<GraphGroup::Members>& runs = group.runs;
  const auto n = static_cast<double>(members.size());
  const double edge = (n - 1) / n;
  if (runs.size() == 1) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      send(routes, loads, members[i], members[(i + 1) % members.size()], edge);
    }
    return;
  }
  Seconds sum;
  Seconds fastest;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const GraphGroup::Members& here = runs[r];
    const GraphGroup::Members& next = runs[(r + 1) % runs.size()];
    const double share = edge / static_cast<double>(here.size());
    Seconds slowest;
    for (const VertexIndex from : here) {
      for (const VertexIndex to : here) {
        if (from != to) send(routes, loads, from, to, share);
      }
    }
    for (const VertexIndex from : here) {
      GraphGroup::Members targets;
      for (const VertexIndex to : next) {
        if (routes.on_one_rail(from, to)) targets.push_back(to);
      }
      if (targets.empty()) targets = next;
      for (const VertexIndex to : targets) {
        send(routes, loads, from, to, share / static_cast<double>(targets.size()));
        slowest = std::max(slowest, routes.further_latency(from, to));
      }
    }
    fastest = r == 0 ? slowest : std::min(fastest, slowest);
    sum += slowest;
  }
  loads.slowest_ring = std::max(loads.slowest_ring, sum - fastest);
}

void count_shift(const GraphGroup& group, bool wrap, GraphRoutes& routes, GraphLoads& loads) {
  const GraphGroup::Members& members = group.members;
  const std::size_t n = members.size();
  for (std::size_t i = 0; i < (wrap ? n : n - 1); ++i) {
    send(routes, loads, members[i], members[(i + 1) % n], 1);
  }
}

}  // namespace seqspan::sim
