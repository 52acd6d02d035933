#include "cli/render/cluster_view.hpp"

namespace seqspan::cli {

sim::Result<ClusterView> view_cluster(const sim::Cluster& cluster,
                                      const std::optional<sim::Layout>& layout,
                                      const std::string& layout_text) {
  sim::Result<sim::ClusterGraph> graph = sim::ClusterGraph::build(cluster);
  if (!graph) return tl::unexpected(graph.error());
  ClusterView view{cluster, std::move(*graph), {}, layout, layout_text, {}};
  view.tiers = sim::tiers_of(view.graph);
  if (!layout) return view;
  sim::Routes routes(view.graph);
  for (std::size_t a = 0; a < sim::kAxisCount; ++a) {
    const auto axis = static_cast<sim::Axis>(a);
    const bool of_experts = axis == sim::Axis::kExpert || axis == sim::Axis::kExpertTensor ||
                            axis == sim::Axis::kExpertShard || axis == sim::Axis::kExpertInNode ||
                            axis == sim::Axis::kExpertAcross;
    if (of_experts && layout->ep == 1) continue;
    const sim::GroupShape shape = sim::group_shape(axis, *layout);
    if (shape.size > 1) view.axes.push_back({axis, shape, land(routes, shape, layout->world())});
  }
  return view;
}

std::vector<std::int64_t> abbreviated(std::int64_t count, std::int64_t most) {
  if (count <= most) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < count; ++i) all.push_back(i);
    return all;
  }
  return {0, 1, -1, count - 1};
}

}  // namespace seqspan::cli
