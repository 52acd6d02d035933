// Loads of a placed group in closed form, for groups that line up with the machine.
//
// With n ranks at stride s, B = n s ranks per tile (with several runs what GroupShape::tile()
// says), NVLink domains of D GPUs, leaves of L GPUs, nodes of G GPUs and N NICs (one dividing the
// other), there are two regular cases:
//   inside      the world or every tile lies in one domain: everything is on NVLink;
//   spread      tiles hold whole domains, and a domain has k = D/s members of a group, or k = 1
//   where
//               s is a multiple of D. Either no tile crosses leaves, or tiles hold whole leaves,
//               leaves hold whole domains, and a leaf has m = L/s members of a group, or m = 1.
// Loads (see placed_group.hpp for the patterns):
//              all-to-all       ring collective        ring shift and hop
//   NVLink     (k-1)/n          (n-1)/n (k-1)/k        1 where k > 1
//   NIC        (n-k)/n G/N      (n-1)/(n k) G/N        min(s, G/N), or N/G NICs per GPU: G/N
//   spine      (n-m)/n G/N      (n-1)/(n m) G/N        G/(N m)
//   core       (n-p)/n G/N      (n-1)/(n p) G/N        G/(N p)
//   PCIe       (n-k)/n          (n-1)/(n k)            1
// With several runs k, m and p are the members in a domain, leaf and pod that hold whole runs, or
// divide them; what several members send out of a domain by one NIC is counted block by block.
// PCIe counts where the cluster limits it. Latency: two links between switches over the spine, four
// over the core; a ring collective takes all n/m or n/p such steps but one.
// In both, the world holds whole tiles.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/network/placed_group.hpp"

namespace seqspan::sim {

// Nothing where the shape is not regular on this cluster.
[[nodiscard]] std::optional<PlacedGroup> place_regular(const Cluster& cluster, GroupShape shape,
                                                       std::int64_t world);

}  // namespace seqspan::sim
