#include "sim/network/placed_group.hpp"

#include <optional>

#include "sim/formula/traced.hpp"
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

template <class Numbers>
LinkLoadsOf<Numbers> given_loads(const Numbers& in, const LinkLoads& loads) {
  const auto given = [&](const char* symbol, auto load) {
    constexpr const char* kSource =
        "bytes on the busiest such link per byte of the op, all groups of the axis at once: the "
        "placement (sim/network/placed_group.hpp)";
    return load > decltype(load){} ? in.given(symbol, load, kSource) : in.constant(load);
  };
  return {given("load.nvlink", loads.nvlink), given("load.nic", loads.nic),
          given("load.spine", loads.spine),   given("load.pcie", loads.pcie),
          given("load.core", loads.core),     given("load.latency", loads.latency)};
}

template LinkLoads given_loads(const Plain&, const LinkLoads&);
template LinkLoadsOf<Tracing> given_loads(const Tracing&, const LinkLoads&);

PlacedGroup place(const Cluster& cluster, GroupShape shape, std::int64_t world) {
  if (const std::optional<PlacedGroup> regular = place_regular(cluster, shape, world)) {
    return *regular;
  }
  return place_by_enumeration(cluster, shape, world);
}

}  // namespace seqspan::sim
