// Loads of a placed group counted rank by rank, for any shape on any described cluster: groups that
// straddle domains unevenly, racks of 72, NICs that are shared or doubled, rails with and without
// PXN, pods, a last leaf with fewer nodes, slow NICs.
//
// Groups are counted one by one (enumerated_patterns.hpp). Where a shift of all ranks by T =
// lcm(tile, domain) maps leaves and pods to leaves and pods, the first T ranks are counted and
// stand for the rest.
#pragma once

#include <cstdint>

#include "sim/network/placed_group.hpp"
#include "sim/network/tier_traffic.hpp"

namespace seqspan::sim {

[[nodiscard]] PlacedGroup place_by_enumeration(const Cluster& cluster, GroupShape shape,
                                               std::int64_t world);

// The busiest NIC of each pattern, in the order of PlacedGroup.
struct BusiestNics {
  BusiestNic all_to_all;
  BusiestNic ring_collective;
  BusiestNic ring_shift;
  BusiestNic hop;
};

// With NICs that differ, on a cluster of at least `world` GPUs; `nics` is filled in.
[[nodiscard]] PlacedGroup place_by_enumeration(const Cluster& cluster, GroupShape shape,
                                               std::int64_t world, const NicWeights& weights,
                                               BusiestNics& nics);

}  // namespace seqspan::sim
