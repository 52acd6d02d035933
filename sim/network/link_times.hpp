// How long traffic keeps the busiest link of each kind busy:
//
//   load x (bytes + half_speed_bytes x messages) / effective bandwidth
//
// load: PlacedGroup. With half_speed_bytes h a message of m bytes reaches m / (m + h) of the
// bandwidth. The spine has the NICs' bandwidth over its oversubscription, the core the spine's over
// its own; a PCIe link has the cluster's, else a NIC's. Infinite where a link in use has no
// bandwidth; never NaN.
#pragma once

#include <algorithm>

#include "sim/network/placed_group.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

struct LinkTimes {
  Seconds nvlink;
  Seconds nic;
  Seconds spine;
  Seconds pcie;
  Seconds core;

  // They are busy at the same time.
  [[nodiscard]] Seconds longest() const { return std::max({nvlink, nic, spine, pcie, core}); }
};

[[nodiscard]] LinkTimes link_times(const Cluster& cluster, const LinkLoads& loads, double bytes,
                                   double messages);

}  // namespace seqspan::sim
