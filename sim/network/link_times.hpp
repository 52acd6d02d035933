// How long traffic keeps the busiest link of each kind busy:
//
//   load x (bytes + half_speed_bytes x messages) / effective bandwidth
//
// load: PlacedGroup. With half_speed_bytes h a message of m bytes reaches m / (m + h) of the
// bandwidth. The spine has the NICs' bandwidth over its oversubscription, the core the spine's over
// its own; a PCIe link has the cluster's, else a NIC's. Infinite where a link in use has no
// bandwidth; never NaN.
#pragma once

#include "sim/formula/numbers.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

template <class Numbers>
struct LinkTimesOf {
  NumberOf<Numbers, Seconds> nvlink;
  NumberOf<Numbers, Seconds> nic;
  NumberOf<Numbers, Seconds> spine;
  NumberOf<Numbers, Seconds> pcie;
  NumberOf<Numbers, Seconds> core;

  // They are busy at the same time.
  [[nodiscard]] NumberOf<Numbers, Seconds> longest() const {
    return largest(nvlink, nic, spine, pcie, core);
  }
};
using LinkTimes = LinkTimesOf<Plain>;

template <class Numbers>
[[nodiscard]] LinkTimesOf<Numbers> link_times(const Numbers& in, const Cluster& cluster,
                                              const LinkLoadsOf<Numbers>& loads,
                                              NumberOf<Numbers, double> bytes,
                                              NumberOf<Numbers, double> messages);
[[nodiscard]] LinkTimes link_times(const Cluster& cluster, const LinkLoads& loads, double bytes,
                                   double messages);

}  // namespace seqspan::sim
