// What the traffic of a group of ranks, and of all its siblings at once, puts on the busiest link
// of each kind.
//
// Loads are linear in the bytes, so that placing once answers for every size: a load is bytes on
// the busiest link per byte of the pattern's unit. Links are full duplex; the busier direction
// counts.
//
//   all_to_all       unit S, a rank's send buffer. Every peer gets S/n, directly.
//   ring_collective  unit S, the gathered size of an all-gather or reduce-scatter. S (n-1)/n
//                    crosses each edge of the ring in rank order. NCCL's channels are rings that
//                    leave a domain at different members, so a domain with k of the group's members
//                    puts S (n-1)/(n k) on the NICs of each of them, in and out, and
//                    S (n-1)/n x (k-1)/k on their NVLink ports; all S (n-1)/n on NVLink where the
//                    domain holds the whole group. An all-reduce is two of these.
//   ring_shift       unit M, what a rank sends to its successor; the last sends to the first.
//   hop              as ring_shift without the last to the first: all pipeline stages at once.
//
// A message goes over NVLink in one NVLink domain, else over the sender's and the receiver's own
// NICs; on rails with PXN over NVLink to the receiver's rail first (sim/network/tier_traffic.hpp).
//
// Spine: nodes_per_leaf nodes share a leaf; what goes from one leaf to another crosses both leaves'
// uplinks. The spine load is given per NIC of the leaf, because an uplink has the bandwidth of all
// the leaf's NICs divided by the oversubscription. The core's likewise, per NIC of the pod. In a
// domain that straddles leaves, each member that a ring leaves by reaches each member of the next
// domain equally often; on rails, each on its own rail.
//
// Not modelled here: other axes at the same time, uneven hashing over uplinks
// (docs/models/network.md). Links that differ: sim/network/network.hpp.
#pragma once

#include <cstdint>

#include "sim/formula/numbers.hpp"
#include "sim/network/rank_order.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// Bytes on the busiest link of each kind per byte of the pattern's unit.
template <class Numbers>
struct LinkLoadsOf {
  NumberOf<Numbers, double> nvlink{};  // one GPU's NVLink port
  NumberOf<Numbers, double> nic{};     // one NIC
  NumberOf<Numbers, double> spine{};   // one leaf's uplink, divided by the NICs of the leaf
  NumberOf<Numbers, double> pcie{};    // one GPU's PCIe link, where the cluster limits those
  NumberOf<Numbers, double>
      core{};  // the uplinks of one pod's spine, divided by the NICs of the pod
  // What links between switches add to the latency of a message, whatever its size; to that of all
  // steps of a ring collective.
  NumberOf<Numbers, Seconds> latency{};

  bool operator==(const LinkLoadsOf&) const = default;
};
using LinkLoads = LinkLoadsOf<Plain>;

struct PlacedGroup {
  GroupShape shape;
  std::int64_t world = 1;
  std::int64_t domains = 1;         // NVLink domains of the group that spans the most
  std::int64_t domain_members = 1;  // members in one domain, where a group has the most
  LinkLoads all_to_all;
  LinkLoads ring_collective;
  LinkLoads ring_shift;
  LinkLoads hop;

  // Per byte of Communication::bytes.
  [[nodiscard]] LinkLoads loads(Collective collective) const;

  bool operator==(const PlacedGroup&) const = default;
};

// The loads as a law is given them.
template <class Numbers>
[[nodiscard]] LinkLoadsOf<Numbers> given_loads(const Numbers& in, const LinkLoads& loads);

// Places the groups of `shape` that tile ranks [0, world); ranks beyond the last whole tile idle.
// Closed form where groups, domains, leaves and NICs line up (place_regular), else from the ranks
// (place_by_enumeration).
[[nodiscard]] PlacedGroup place(const Cluster& cluster, GroupShape shape, std::int64_t world);

}  // namespace seqspan::sim
