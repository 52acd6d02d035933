#include "sim/network/placed_group.hpp"

#include <optional>

#include "sim/network/enumerated_placement.hpp"
#include "sim/network/regular_placement.hpp"

namespace seqspan::sim {

LinkLoads PlacedGroup::loads(Collective collective) const {
  switch (collective) {
    case Collective::kAllToAll:
      return all_to_all;
    case Collective::kAllGather:
    case Collective::kReduceScatter:
      return ring_collective;
    case Collective::kAllReduce:
      return {2 * ring_collective.nvlink, 2 * ring_collective.nic,  2 * ring_collective.spine,
              2 * ring_collective.pcie,   2 * ring_collective.core, 2 * ring_collective.latency};
    case Collective::kRingShift:
      return ring_shift;
    case Collective::kPointToPoint:
      return hop;
  }
  return {};
}

PlacedGroup place(const Cluster& cluster, GroupShape shape, std::int64_t world) {
  if (const std::optional<PlacedGroup> regular = place_regular(cluster, shape, world)) {
    return *regular;
  }
  return place_by_enumeration(cluster, shape, world);
}

}  // namespace seqspan::sim
