// What the patterns of one group put on the links of a cluster's graph, message by message.
//
// The patterns are those of placed_group.hpp. A ring collective passes through the runs of members
// that follow each other in one NVLink domain, each run left and entered by all of its members
// equally; on rails, from a GPU to those with the same number in their nodes, where the next run
// has any.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/network/graph_routes.hpp"
#include "sim/network/rank_order.hpp"
#include "sim/network/tier_traffic.hpp"

namespace seqspan::sim {

// One group of ranks on a graph. GPU i of the cluster is vertex i, and has rank i.
struct GraphGroup {
  using Members = std::vector<VertexIndex>;

  GraphGroup(const GraphRoutes& routes, GroupShape of_shape, std::int64_t first_rank);

  GroupShape shape;
  Members members;
  std::vector<Members> runs;  // that follow each other in one NVLink domain
};

// What a pattern puts on every edge.
struct GraphLoads {
  explicit GraphLoads(const GraphRoutes& routes);

  std::vector<double> bytes;          // by edge
  std::optional<TierTraffic> others;  // of pairs that are not searched, where there are any
  Seconds slowest;                    // latency of a message
  Seconds slowest_ring;  // of all steps of a ring collective but the fastest, beyond that of NICs
};

void count_all_to_all(const GraphGroup& group, GraphRoutes& routes, GraphLoads& loads);
void count_ring_collective(const GraphGroup& group, GraphRoutes& routes, GraphLoads& loads);
// Every member but, without `wrap`, the last sends one byte to its successor.
void count_shift(const GraphGroup& group, bool wrap, GraphRoutes& routes, GraphLoads& loads);

}  // namespace seqspan::sim
