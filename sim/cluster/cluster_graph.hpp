// A cluster as a graph: GPUs, switches and NICs, joined by links of one direction each (full duplex
// is two). Built from the short description (sim/cluster/tiers.hpp has the shape), or from the
// links of the file where it gives any; then overrides make links slow or take them away.
//
// Bandwidth of a link, one direction, as large messages get it (LinkProfile: bandwidth x
// efficiency, the same numbers as sim/network counts with):
//   GPU - NVLink switch   the device's nvlink
//   GPU - PCIe switch     pcie_bandwidth, else all NICs behind the switch: never the bottleneck
//   NIC - PCIe switch, NIC - leaf   the fabric
//   leaf - spine, spine - core      tiers.hpp
// A bandwidth that the file gives for a link is a peak too: NVLink's efficiency applies to links of
// NVLink switches and between GPUs, the fabric's to links of NICs and network switches, 1 to PCIe.
//
// Latency: message_latency was measured end to end over two NVLink hops, or over two NICs and one
// leaf, so each of those two links carries half of it; links between switches add switch_latency.
//
// Refused: what is given link by link and does not fit the counts of the file, links between
// vertices that are never joined, and clusters in which a GPU cannot reach another, all by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cluster/tiers.hpp"
#include "sim/cluster/vertex.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

struct Edge {
  VertexIndex from = 0;
  VertexIndex to = 0;
  BytesPerSecond bandwidth;  // 0: missing
  Seconds latency;

  [[nodiscard]] bool missing() const { return bandwidth == BytesPerSecond(0); }
};

// An override and what it did.
struct Fault {
  std::string name;  // as in the file: "node3.nic5", "leaf0 to spine1"
  std::int64_t links = 0;
  BytesPerSecond before;  // of the first link that it names
  BytesPerSecond after;   // 0: missing
};

class ClusterGraph {
 public:
  // Errors: kInput with the names of what is wrong, located where it comes from a file.
  [[nodiscard]] static Result<ClusterGraph> build(const Cluster& cluster);

  [[nodiscard]] std::size_t vertex_count() const { return vertices_.size(); }
  [[nodiscard]] const Vertex& vertex(VertexIndex index) const { return vertices_[index]; }
  [[nodiscard]] std::string name(VertexIndex index) const { return to_string(vertices_[index]); }
  [[nodiscard]] std::optional<VertexIndex> find(const Vertex& vertex) const;
  [[nodiscard]] std::optional<VertexIndex> find(std::string_view name) const;
  [[nodiscard]] std::int64_t count(VertexKind kind) const;
  // GPU i is vertex i.
  [[nodiscard]] std::int64_t gpus() const { return count(VertexKind::kGpu); }

  // Edges 2c and 2c + 1 are the two directions of a cable.
  [[nodiscard]] const std::vector<Edge>& edges() const { return edges_; }
  [[nodiscard]] const Edge& edge(EdgeIndex index) const { return edges_[index]; }

  // Built from the short description; only then does tiers() say anything.
  [[nodiscard]] bool described() const { return described_; }
  [[nodiscard]] const Tiers& tiers() const { return tiers_; }
  // Described, and no override changes which routes are best: only NICs of GPUs that have no
  // other are slower or faster.
  [[nodiscard]] bool regular() const { return described_ && regular_; }
  [[nodiscard]] bool rails() const { return rails_; }
  [[nodiscard]] bool pxn() const { return pxn_; }
  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }

 private:
  friend class GraphBuilder;

  std::vector<Vertex> vertices_;  // ascending
  std::vector<Edge> edges_;
  std::vector<Fault> faults_;
  Tiers tiers_;
  bool described_ = true;
  bool regular_ = true;
  bool rails_ = false;
  bool pxn_ = true;
};

}  // namespace seqspan::sim
