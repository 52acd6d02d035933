// How much traffic a tier of switches carries between two halves of what hangs under it.
//
//   tier        halves of                    counted links, one direction
//   NVLink      the GPUs of a domain         the GPUs' ports
//   leaf        the NICs of a leaf switch    the NICs' ports
//   spine       the leaves of a pod, group   their uplinks
//               by group (of one rail group: rail by rail)
//   core        the spine switches, pod by pod (of one pod: switch by switch)   their uplinks
// The smaller of the two halves, and of the two directions, counts; where a tier has several
// switches or pods, the one that is weakest for what hangs under it. `full` is the same of an
// unoversubscribed tier without faults: half of what the NICs below could send (for NVLink and
// leaf: the ports as described). oversubscription: full / bandwidth. Clusters given link by link
// have one pod, and no `full` beyond what their NICs send.
#pragma once

#include <string>
#include <vector>

#include "sim/cluster/cluster_graph.hpp"

namespace seqspan::sim {

struct Tier {
  VertexKind kind = VertexKind::kLeaf;  // the switches of the tier
  std::int64_t switches = 0;
  std::int64_t units = 1;   // domains, leaves, pods: what the bisection is of one of
  std::int64_t cables = 0;  // to what is below
  BytesPerSecond slowest;   // of those cables that are there, one direction
  BytesPerSecond fastest;
  Seconds latency;  // of the first of them
  BytesPerSecond bisection;
  BytesPerSecond full;

  [[nodiscard]] double oversubscription() const {
    return bisection == BytesPerSecond(0) ? 0 : full / bisection;
  }
};

// NVLink, leaf, spine, core: those that the cluster has.
[[nodiscard]] std::vector<Tier> tiers_of(const ClusterGraph& graph);

}  // namespace seqspan::sim
