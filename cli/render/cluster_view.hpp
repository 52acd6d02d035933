// What `seqspan cluster show` shows, computed: a cluster, its graph, its tiers, and where the axes
// of a layout land.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/cluster/bisection.hpp"
#include "sim/cluster/cluster_graph.hpp"
#include "sim/network/axis_landing.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::cli {

struct AxisRow {
  sim::Axis axis = sim::Axis::kTensor;
  sim::GroupShape shape;
  sim::AxisLanding landing;
};

struct ClusterView {
  sim::Cluster cluster;
  sim::ClusterGraph graph;
  std::vector<sim::Tier> tiers;
  std::optional<sim::Layout> layout;
  std::string layout_text;    // as it was asked for
  std::vector<AxisRow> axes;  // of more than one rank
};

// Errors: kInput for a cluster that is no whole graph.
[[nodiscard]] sim::Result<ClusterView> view_cluster(const sim::Cluster& cluster,
                                                    const std::optional<sim::Layout>& layout,
                                                    const std::string& layout_text);

// The places of a row of `count` that are shown: all up to `most`, else the first, the second and
// the last, with -1 for what is left out.
[[nodiscard]] std::vector<std::int64_t> abbreviated(std::int64_t count, std::int64_t most);

}  // namespace seqspan::cli
