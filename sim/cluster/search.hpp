// Fewest hops in a graph of any shape, by breadth first search from the destination (Boost.Graph).
//
// What a route may cross:
//   over NVLink       GPU, NVLink switches, GPU; or a cable between two GPUs
//   over the network  GPU, host vertices, a NIC, network switches, a NIC, host vertices, GPU; or
//                     without leaving the node: GPU, PCIe switches, GPU
// GPUs are never passed through, and NICs only between their node and the network. The rule is made
// a graph: each vertex occurs once per part of the route (host, network, host).
//
// Among routes of fewest hops, the one whose narrowest link is widest; all that are equal in both
// are kept.
#pragma once

#include <memory>
#include <vector>

#include "sim/cluster/cluster_graph.hpp"

namespace seqspan::sim {

// One way on from where a route is.
struct Step {
  EdgeIndex edge = 0;
  std::uint32_t state = 0;
};

enum class Through : std::uint8_t { kNvlink, kNetwork };

class Search {
 public:
  // The graph must outlive the search.
  Search(const ClusterGraph& graph, Through through);
  ~Search();
  Search(Search&&) noexcept;
  Search& operator=(Search&&) noexcept;

  // Routes lead to this GPU from now on; the last few are remembered, others are searched anew. The
  // rest is asked after this.
  void aim(VertexIndex gpu);

  // Links of the shortest route from a GPU; -1: there is none.
  [[nodiscard]] std::int32_t hops(VertexIndex gpu) const;
  // Bandwidth of the narrowest link of the best route.
  [[nodiscard]] double width(VertexIndex gpu) const;
  [[nodiscard]] static std::uint32_t start(VertexIndex gpu) { return 3 * gpu; }
  // The first links of the best routes on from `state` that are at least `width` wide, in the order
  // of edges; none at the destination.
  void steps(std::uint32_t state, double width, std::vector<Step>& out) const;

  // GPUs that a GPU has some route to, ascending, without itself.
  [[nodiscard]] std::vector<VertexIndex> reachable(VertexIndex gpu) const;

 private:
  struct Layers;
  std::unique_ptr<Layers> layers_;
};

}  // namespace seqspan::sim
