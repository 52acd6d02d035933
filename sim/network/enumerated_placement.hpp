// Loads of a placed group counted rank by rank, for any shape on any described cluster: groups that
// straddle domains unevenly, racks of 72, NICs that are shared or doubled, rails with and without
// PXN, pods, a last leaf with fewer nodes, slow NICs.
//
// Members of a group ascend, so those in one domain, under one leaf group and in one pod are
// consecutive: each rank costs a few look-ups. Where a shift of all ranks by T = lcm(tile, domain)
// maps leaves and pods to leaves and pods, the first T ranks are counted and stand for the rest.
//
// A ring collective on rails leaves a domain on the rail by which it enters the next, as NCCL keeps
// its rings on rails; a member whose rail the next domain lacks reaches each of its members equally
// often.
#pragma once

#include <cstdint>

#include "sim/network/placed_group.hpp"
#include "sim/network/tier_traffic.hpp"

namespace seqspan::sim {

[[nodiscard]] PlacedGroup place_by_enumeration(const Cluster& cluster, GroupShape shape,
                                               std::int64_t world);

// What one group's all-to-all puts on the links: the group that begins at rank `first`. The most
// that a route adds to the latency of a message raises `further`.
void count_all_to_all(GroupShape shape, std::int64_t first, TierTraffic& links, Seconds& further);

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
