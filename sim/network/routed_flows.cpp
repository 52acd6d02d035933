#include "sim/network/routed_flows.hpp"

namespace seqspan::sim {

void add_links(const ClusterGraph& graph, FlowSet& flows) {
  for (const Edge& edge : graph.edges()) flows.add_link(edge.bandwidth);
}

FlowIndex add_flow(Routes& routes, VertexIndex source, VertexIndex destination, Bytes size,
                   FlowSet& flows, std::uint64_t connection) {
  return flows.add_flow(size, routes.route(source, destination, connection));
}

}  // namespace seqspan::sim
