// The steps of ClusterGraph::build(); not for others.
#pragma once

#include "sim/cluster/cluster_graph.hpp"

namespace seqspan::sim {

class GraphBuilder {
 public:
  explicit GraphBuilder(const Cluster& cluster) : cluster_(cluster) {}

  void describe();                          // from the short description
  [[nodiscard]] Result<void> take_links();  // from the links of the file
  [[nodiscard]] Result<void> override_links();
  [[nodiscard]] Result<void> check_connected() const;

  [[nodiscard]] ClusterGraph take() { return std::move(graph_); }

 private:
  void add_vertices(VertexKind kind, VertexScope scope, std::int64_t groups,
                    std::int64_t per_group);
  void add_cable(std::int64_t from, std::int64_t to, double bandwidth, Seconds latency);
  void add_nodes();
  void add_switches();
  [[nodiscard]] Result<void> check_link(const GivenLink& link, const Vertex& from,
                                        const Vertex& to) const;
  [[nodiscard]] Result<void> check_counts() const;
  [[nodiscard]] double efficiency(const Vertex& from, const Vertex& to) const;
  [[nodiscard]] Result<void> apply(const LinkOverride& item);
  void keep_pcie_ahead(VertexIndex nic, double bandwidth);
  // Where the file says something about the node of a vertex; else its first link or fault.
  [[nodiscard]] std::string place_of(const Vertex& vertex) const;

  const Cluster& cluster_;
  ClusterGraph graph_;
};

}  // namespace seqspan::sim
