// Traffic on the graph of a cluster as flows for the solver (sim/network/flow/).
#pragma once

#include <cstdint>

#include "sim/cluster/routes.hpp"
#include "sim/network/flow/flow_set.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// The links of a graph as links of an empty flow set: LinkIndex = EdgeIndex.
void add_links(const ClusterGraph& graph, FlowSet& flows);
// A flow along route(source, destination).
FlowIndex add_flow(Routes& routes, VertexIndex source, VertexIndex destination, Bytes size,
                   FlowSet& flows, std::uint64_t connection = 0);
}  // namespace seqspan::sim
