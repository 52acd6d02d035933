// Which links traffic from one GPU to another crosses.
//
// Rule: over NVLink where both are in one NVLink domain. Else over the network by fewest hops, then
// by the widest narrowest link; routes equal in both are shared (ECMP). With rails and PXN
// (NCCL, src/graph/paths.cc, NCCL_P2P_PXN_LEVEL=2), traffic to a GPU on another rail first goes
// over NVLink to a GPU of the same node on the destination's rail, and leaves by that GPU's NIC.
// A GPU whose NICs are gone sends and receives through the nearest GPU of its node.
//
// ECMP: wherever n links are equally good, route() takes one by a hash of source and destination,
// so that a pair always takes the same route (as switches do with the packets of a connection);
// other connections of the pair hash on their own. split() gives each 1/n of the bytes, which is
// what many connections average to.
//
// A regular cluster (ClusterGraph::regular) is routed by arithmetic on its tiers: no table, no
// search. Other graphs are searched once per destination: ask for all sources of one destination
// before the next.
//
// Not modelled: adaptive routing, the order of NCCL's channels, receivers that forward.
#pragma once

#include <memory>
#include <vector>

#include "sim/cluster/cluster_graph.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

struct EdgeShare {
  EdgeIndex edge = 0;
  double part = 0;  // of the bytes between the two GPUs
};

enum class RoutesBy : std::uint8_t {
  kBest,    // arithmetic where the graph is regular
  kSearch,  // search always: what tests hold the arithmetic against
};

// The furthest that traffic between two GPUs goes.
enum class Reach : std::uint8_t { kNvlink, kPcie, kLeaf, kPxn, kSpine, kCore };
inline constexpr std::size_t kReachCount = 6;

// "NVLink", "PCIe", "leaf", "leaf after NVLink (PXN)", "spine", "core".
[[nodiscard]] const char* name_of(Reach reach);

// One thread at a time; the graph must outlive it.
class Routes {
 public:
  explicit Routes(const ClusterGraph& graph, RoutesBy by = RoutesBy::kBest);
  ~Routes();
  Routes(Routes&&) noexcept;
  Routes& operator=(Routes&&) noexcept;

  // Links in the order of travel; none from a GPU to itself, or where there is no route (which
  // ClusterGraph::build refuses). The second form replaces what `links` holds.
  [[nodiscard]] std::vector<EdgeIndex> route(VertexIndex source, VertexIndex destination,
                                             std::uint64_t connection = 0);
  void route(VertexIndex source, VertexIndex destination, std::vector<EdgeIndex>& links,
             std::uint64_t connection = 0);

  // Every link of every equal route with the part of the bytes that crosses it, by edge.
  [[nodiscard]] std::vector<EdgeShare> split(VertexIndex source, VertexIndex destination);

  [[nodiscard]] Reach reach(VertexIndex source, VertexIndex destination);
  // Sum of the latencies of route().
  [[nodiscard]] Seconds latency(VertexIndex source, VertexIndex destination);

  [[nodiscard]] const ClusterGraph& graph() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// bytes x split() on the loads of the links; `loads` has an entry per edge.
void add_load(Routes& routes, VertexIndex source, VertexIndex destination, double bytes,
              std::vector<double>& loads);

}  // namespace seqspan::sim
