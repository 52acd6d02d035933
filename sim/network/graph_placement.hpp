// Loads of a placed group counted on the cluster's graph, message by message: for clusters that are
// given link by link, or whose overrides change routes.
//
// All sibling groups send at once over Routes::split(). A link counts as its load x the nominal
// bandwidth of its kind / its own, so that load x bytes / nominal bandwidth is the time it takes:
//
//   kind     links                                         nominal bandwidth
//   NVLink   between GPUs and NVLink switches              the device's nvlink
//   PCIe     between GPUs and PCIe switches                pcie_bandwidth, else the fabric's
//   NIC      of NICs, on both sides                        the fabric's
//   spine    between leaves, and to spine switches         the fabric's / spine_oversubscription
//   core     to core switches           the fabric's / (spine_ x core_oversubscription)
// Described PCIe links that are as wide as the NICs behind them limit nothing and do not count.
//
// The patterns are those of placed_group.hpp. An NVLink domain is what working NVLink links join. A
// ring collective passes through the runs of members that follow each other in one domain, each run
// left and entered by all of its members equally; on rails, from a GPU to those with the same
// number in their nodes, where the next run has any.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "sim/cluster/cluster_graph.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

enum class LinkKind : std::uint8_t { kNvlink, kPcie, kNic, kSpine, kCore };
inline constexpr std::size_t kLinkKinds = 5;

// The link of a kind that a pattern keeps busy longest.
struct BusiestLink {
  EdgeIndex edge = 0;
  double load = 0;           // weighted, as in LinkLoads
  double others = 0;         // the median of those in use that join the same kinds of vertices
  BytesPerSecond bandwidth;  // of the same: the median

  // Nothing stands out where all are equally busy.
  [[nodiscard]] bool stands_out() const { return load > others * (1 + 1e-9); }
};
using BusiestLinks = std::array<BusiestLink, kLinkKinds>;

struct PatternLinks {
  BusiestLinks all_to_all;
  BusiestLinks ring_collective;
  BusiestLinks ring_shift;
  BusiestLinks hop;

  [[nodiscard]] const BusiestLinks& of(Collective collective) const;
};

enum class PairsBy : std::uint8_t {
  kTouched,  // arithmetic for pairs of GPUs that are not touched
  kAll,      // every pair on the graph: what tests hold the arithmetic against
};

// Of a described cluster only GPUs near an overridden link are touched: those of its node, or of
// the leaf group or pod of a link between switches. Messages from and to them are routed one by
// one, all others counted by arithmetic (tier_traffic.hpp). Up to 2^20 pairs (touched GPUs x GPUs)
// are found once and kept, one node of a leaf standing for its like as a destination. One thread at
// a time; cluster and graph must outlive it.
class GraphPlacement {
 public:
  GraphPlacement(const Cluster& cluster, const ClusterGraph& graph, PairsBy by = PairsBy::kTouched);
  ~GraphPlacement();
  GraphPlacement(GraphPlacement&&) noexcept;
  GraphPlacement& operator=(GraphPlacement&&) noexcept;

  // Touched GPUs x GPUs: all GPUs of a cluster that is given link by link are touched.
  [[nodiscard]] std::int64_t pairs() const;
  [[nodiscard]] PlacedGroup place(GroupShape shape, std::int64_t world, PatternLinks& links);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

[[nodiscard]] LinkKind kind_of(const ClusterGraph& graph, EdgeIndex index);

}  // namespace seqspan::sim
