// Bytes on the links of a described cluster, direction by direction, by arithmetic: no graph, no
// table. What sim/cluster/routes.hpp says of routes on a regular cluster (ClusterGraph::regular),
// with equal routes sharing evenly, holds here.
//
//   same NVLink domain   the two GPUs' ports
//   else                 PCIe link of a GPU, its NICs, leaf; and where the two GPUs have no leaf in
//                        common, the uplinks of both leaves; in different pods the core too
//   rails with PXN       to a GPU on another rail: the sender's NVLink port, then evenly PCIe and
//                        NICs of those GPUs of its node that are on that rail
//
// GPUs behind one PCIe switch are a class: those with the same number have their NICs on the same
// rails. Uplinks are not counted one by one: a leaf's share its traffic evenly, as do all links of
// a pod's spine switches to the core.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/cluster/tiers.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

enum class Direction : std::uint8_t { kOut, kIn };  // away from the GPU, towards it

// Nominal bandwidth over actual of every NIC, out and in; empty: all are as described.
struct NicWeights {
  std::vector<double> out;
  std::vector<double> in;

  [[nodiscard]] bool empty() const { return out.empty(); }
};

// The NIC that a pattern loads most, by weight, and how much the median of those in use is loaded.
struct BusiestNic {
  std::int64_t nic = -1;
  Direction direction = Direction::kOut;
  double load = 0;
  double median = 0;
};

class TierTraffic {
 public:
  // PCIe links are counted where the cluster limits them, or `with_pcie` asks for it.
  TierTraffic(const Cluster& cluster, const Tiers& tiers, bool with_pcie = false);

  // A message along its route.
  void send(std::int64_t from, std::int64_t to, double bytes);

  // Parts of routes, for patterns that add up many messages at once. A class is of a node.
  void nvlink(std::int64_t gpu, Direction direction, double bytes) {
    at(nvlink_, gpu, direction) += bytes;
  }
  // All NICs of a GPU's class, with its PCIe link.
  void nics(std::int64_t gpu, Direction direction, double bytes);
  // Into the PCIe switch and the NICs of the class `rail` of the node from its GPUs over NVLink.
  void relay(std::int64_t node, std::int64_t rail, double bytes);
  void spine(std::int64_t node, std::int64_t rail, Direction direction, double bytes);
  void core(std::int64_t node, Direction direction, double bytes) {
    at(core_, tiers_->pod_of_node(node), direction) += bytes;
  }

  [[nodiscard]] const Tiers& tiers() const { return *tiers_; }
  [[nodiscard]] bool relays() const { return relays_; }
  // The class of a GPU in its node.
  [[nodiscard]] std::int64_t rail_of(std::int64_t gpu) const { return tiers_->pcie_in_node(gpu); }
  // What the route adds to the latency of a message over NICs: links between switches, PXN.
  [[nodiscard]] Seconds further_latency(std::int64_t from, std::int64_t to) const {
    return further_latency(*cluster_, *tiers_, from, to);
  }
  [[nodiscard]] static Seconds further_latency(const Cluster& cluster, const Tiers& tiers,
                                               std::int64_t from, std::int64_t to);
  // No route adds more.
  [[nodiscard]] Seconds most_further_latency() const;

  // Without latency.
  [[nodiscard]] LinkLoads busiest(const NicWeights& weights) const;
  [[nodiscard]] BusiestNic busiest_nic(const NicWeights& weights) const;
  // Adds what every link carries, by edge of the cluster's graph.
  void add_to(std::vector<double>& edges) const;

 private:
  using Loads = std::vector<double>;  // out and in, by turns

  static double& at(Loads& loads, std::int64_t item, Direction direction) {
    return loads[static_cast<std::size_t>(2 * item + static_cast<std::int64_t>(direction))];
  }
  [[nodiscard]] std::int64_t nics_of_class(std::int64_t rail) const;
  void nics_of(std::int64_t node, std::int64_t rail, Direction direction, double bytes);

  const Cluster* cluster_;
  const Tiers* tiers_;
  bool rails_;
  bool relays_;
  Loads nvlink_;  // by GPU
  Loads pcie_;    // by GPU; empty where the cluster does not limit it
  Loads nic_;     // by NIC
  Loads spine_;   // by leaf
  Loads core_;    // by pod
};

}  // namespace seqspan::sim
