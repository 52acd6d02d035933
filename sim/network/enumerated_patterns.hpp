// What the patterns of one group put on the links of a described cluster, by arithmetic on runs of
// its members: each rank costs a few look-ups, an all-to-all is not counted message by message.
//
// `links` gets the bytes per byte of the pattern's unit (sim/network/placed_group.hpp). `further`
// is raised to the most that links between switches and PXN add to the latency of a message, or to
// that of all steps of a ring collective but the fastest.
#pragma once

#include "sim/network/enumerated_group.hpp"
#include "sim/network/tier_traffic.hpp"

namespace seqspan::sim {

void count_all_to_all(const EnumeratedGroup& group, TierTraffic& links, Seconds& further);

// On rails a ring leaves a domain on the rail by which it enters the next, as NCCL keeps its rings
// on rails; a member whose rail the next domain lacks reaches each of its members equally often.
void count_ring_collective(const EnumeratedGroup& group, TierTraffic& links, Seconds& further);

// Every member but, without `wrap`, the last sends one byte to its successor.
void count_shift(const EnumeratedGroup& group, bool wrap, TierTraffic& links, Seconds& further);

}  // namespace seqspan::sim
