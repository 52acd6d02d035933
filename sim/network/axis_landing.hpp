// Where the groups of a parallel axis land on a cluster: how far their members are apart.
//
// Every ordered pair of members of one group counts, all groups of the axis together, as in an
// all-to-all; by the furthest that the route between them goes (Reach, sim/cluster/routes.hpp).
// A GPU counts where its furthest peer is. On a regular cluster pairs are counted by domain, leaf,
// group and pod without looking at them, and on described ones of more than 1,024 GPUs as if
// nothing were missing; on others route by route.
#pragma once

#include <array>

#include "sim/cluster/routes.hpp"
#include "sim/network/rank_order.hpp"

namespace seqspan::sim {

struct AxisLanding {
  std::int64_t gpus = 0;  // in whole groups
  std::int64_t groups = 0;
  std::array<std::int64_t, kReachCount> pairs{};     // ordered pairs by Reach
  std::array<std::int64_t, kReachCount> furthest{};  // GPUs by the furthest of their peers

  [[nodiscard]] double share(Reach reach) const;  // of the pairs
};

// The groups of `shape` that tile ranks [0, world); rank i is GPU i. Ranks beyond the last whole
// tile, or beyond the cluster's GPUs, are left out.
[[nodiscard]] AxisLanding land(Routes& routes, GroupShape shape, std::int64_t world);

}  // namespace seqspan::sim
