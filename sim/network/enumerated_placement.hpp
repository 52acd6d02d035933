// Loads of a placed group counted rank by rank, for any shape on any cluster: groups that straddle
// domains unevenly, racks of 72, NICs that are shared or doubled, a last leaf with fewer nodes.
//
// Members of a group ascend, so those in one domain, and those under one leaf, are consecutive:
// each rank costs a few divisions, and each NIC and leaf a few numbers of memory. A last leaf with
// fewer nodes has a smaller uplink in proportion.
#pragma once

#include <cstdint>

#include "sim/network/placed_group.hpp"

namespace seqspan::sim {

[[nodiscard]] PlacedGroup place_by_enumeration(const Cluster& cluster, GroupShape shape,
                                               std::int64_t world);

}  // namespace seqspan::sim
