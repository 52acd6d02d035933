// The cables between two kinds of vertices of a cluster: how many and how fast.
#pragma once

#include <cstdint>
#include <string>

#include "sim/cluster/cluster_graph.hpp"

namespace seqspan::cli {

struct Cables {
  std::int64_t count = 0;       // with those that are missing
  sim::BytesPerSecond slowest;  // of those that are not
  sim::BytesPerSecond fastest;
  sim::Seconds latency;  // of the first
};

// From vertices of kind `a` to those of kind `b`.
[[nodiscard]] Cables cables_between(const sim::ClusterGraph& graph, sim::VertexKind a,
                                    sim::VertexKind b);

// "512 x 35.8 GB/s, 7.3 us", "8 x 12.5 GB/s to 50 GB/s"
[[nodiscard]] std::string cable_text(const Cables& cables);

// "1 leaf switch", "64 NICs"
[[nodiscard]] std::string counted_kind(sim::VertexKind kind, std::int64_t count);

}  // namespace seqspan::cli
