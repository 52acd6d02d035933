// Where traffic between two GPUs of any graph enters and leaves the network: at the GPUs
// themselves, or at others of their nodes (PXN, missing NICs). sim/cluster/routes.hpp has the rule.
#pragma once

#include <vector>

#include "sim/cluster/search.hpp"

namespace seqspan::sim {

struct Relay {
  bool found = false;
  bool nvlink = false;               // the whole way, without the network
  std::vector<VertexIndex> senders;  // equally good; the source itself, or its neighbours
  VertexIndex receiver = 0;          // the destination itself, or a neighbour
};

class Relays {
 public:
  explicit Relays(const ClusterGraph& graph);

  // Aims the network search at the receiver.
  [[nodiscard]] Relay between(VertexIndex source, VertexIndex destination);

  [[nodiscard]] Search& nvlink() { return nvlink_; }
  [[nodiscard]] Search& network() { return network_; }

 private:
  // GPUs of the same node over NVLink.
  [[nodiscard]] std::vector<VertexIndex> neighbours(VertexIndex gpu) const;
  [[nodiscard]] std::vector<VertexIndex> senders(VertexIndex source, VertexIndex receiver) const;
  [[nodiscard]] bool share_rail(VertexIndex a, VertexIndex b) const;

  const ClusterGraph* graph_;
  Search nvlink_;
  Search network_;
  std::vector<std::vector<std::int32_t>> rails_;  // of every GPU: the numbers of its NICs that work
};

}  // namespace seqspan::sim
