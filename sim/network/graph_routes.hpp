// Routes between the GPUs of a cluster's graph, found once and kept.
//
// Of a described cluster only GPUs near an overridden link are touched (touched_gpus.hpp): pairs
// with one of them are searched on the graph (sim/cluster/routes.hpp), all others are as
// tier_traffic.hpp has them. Up to 2^20 pairs (touched GPUs x GPUs) are kept, one node of a leaf
// standing for its like as a destination. An NVLink domain is what working NVLink links join.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sim/cluster/cluster_graph.hpp"
#include "sim/cluster/routes.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

enum class PairsBy : std::uint8_t {
  kTouched,  // arithmetic for pairs of GPUs that are not touched
  kAll,      // every pair on the graph: what tests hold the arithmetic against
};

// One thread at a time; cluster and graph must outlive it.
class GraphRoutes {
 public:
  GraphRoutes(const Cluster& cluster, const ClusterGraph& graph, PairsBy by);

  [[nodiscard]] const Cluster& cluster() const { return *cluster_; }
  [[nodiscard]] const ClusterGraph& graph() const { return *graph_; }
  // Touched GPUs x GPUs: all GPUs of a cluster that is given link by link are touched.
  [[nodiscard]] std::int64_t pairs() const;
  [[nodiscard]] bool is_touched(VertexIndex gpu) const { return touched_[gpu]; }
  // Whether any pair is left to arithmetic.
  [[nodiscard]] bool by_arithmetic() const { return by_arithmetic_; }
  [[nodiscard]] bool is_searched(VertexIndex from, VertexIndex to) const {
    return touched_[from] || touched_[to];
  }
  [[nodiscard]] bool in_one_domain(VertexIndex a, VertexIndex b) const {
    return domains_[a] == domains_[b];
  }
  // Whether their NICs are on the same rails; false where there are none.
  [[nodiscard]] bool on_one_rail(VertexIndex a, VertexIndex b) const;

  // Of a message, and what of it is beyond one over NICs; none inside an NVLink domain.
  [[nodiscard]] Seconds latency(VertexIndex from, VertexIndex to);
  [[nodiscard]] Seconds further_latency(VertexIndex from, VertexIndex to);

  // Adds the bytes of a message between a pair that is searched, by edge.
  void add_load(VertexIndex from, VertexIndex to, double bytes, std::vector<double>& edges);

 private:
  struct Pair {
    std::vector<EdgeShare> shares;
    Seconds latency;
    bool known = false;
  };
  // The route of two GPUs is that of two others, their nodes exchanged.
  struct Found {
    const Pair* pair = nullptr;
    VertexIndex from = 0;
    VertexIndex to = 0;
  };

  Pair& slot(VertexIndex from, VertexIndex to);
  [[nodiscard]] VertexIndex like(VertexIndex to) const;
  [[nodiscard]] EdgeIndex moved(EdgeIndex edge, VertexIndex from, VertexIndex to) const;
  [[nodiscard]] Found pair(VertexIndex from, VertexIndex to);
  void search(VertexIndex from, VertexIndex to, Pair& pair);

  const Cluster* cluster_;
  const ClusterGraph* graph_;
  Routes routes_;
  std::vector<VertexIndex> domains_;  // by GPU: those of one domain have the same number
  bool by_arithmetic_;
  std::vector<bool> touched_;  // by GPU
  std::vector<VertexIndex> touched_list_;
  bool keep_ = false;
  std::unordered_map<std::uint64_t, Pair> pairs_;  // by destination and source; never iterated
  Pair last_;
};

}  // namespace seqspan::sim
