// GPUs of a described cluster from and to which routes may differ from those of the description:
// those of nodes with an overridden link, of the leaf groups and pods of overridden links between
// switches. Other routes do not come near these links.
#pragma once

#include <vector>

#include "sim/cluster/cluster_graph.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

// By GPU; `graph` is that of `cluster`, with its overrides. All of them where the cluster would
// fall apart without its overrides: nothing is known of any route then.
[[nodiscard]] std::vector<bool> touched_gpus(const Cluster& cluster, const ClusterGraph& graph);

}  // namespace seqspan::sim
