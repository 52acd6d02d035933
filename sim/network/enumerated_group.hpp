// One group of ranks on a described cluster: which of its members lie together.
//
// A member is its position in the group. Members ascend by rank, so those in one node, NVLink
// domain, leaf group or pod are consecutive, and found without looking at each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/cluster/tiers.hpp"
#include "sim/network/rank_order.hpp"

namespace seqspan::sim {

// Members [first, end).
struct MemberRun {
  std::int64_t first = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::int64_t size() const { return end - first; }
  [[nodiscard]] bool holds(std::int64_t i) const { return first <= i && i < end; }
};

// Of two runs that have a member in common.
[[nodiscard]] inline MemberRun join(MemberRun a, MemberRun b) {
  return {std::min(a.first, b.first), std::max(a.end, b.end)};
}

// Members by the class of their rails in their nodes (sim/network/tier_traffic.hpp).
class MembersByRail {
 public:
  explicit MembersByRail(std::int64_t rails) : positions_(static_cast<std::size_t>(rails)) {}

  // Members are added in their order.
  void add(std::int64_t member, std::int64_t rail);

  // Rails with members.
  [[nodiscard]] const std::vector<std::int64_t>& rails() const { return rails_; }
  [[nodiscard]] std::int64_t count(std::int64_t rail) const {
    return static_cast<std::int64_t>(on(rail).size());
  }
  [[nodiscard]] std::int64_t count(std::int64_t rail, MemberRun run) const {
    return lower(rail, run.end) - lower(rail, run.first);
  }
  // The first of a run's members on a rail; none where it has none there.
  [[nodiscard]] std::optional<std::int64_t> first(std::int64_t rail, MemberRun run) const;
  // Calls visit(member) for a run's members on a rail.
  template <class Visit>
  void for_each(std::int64_t rail, MemberRun run, Visit visit) const {
    const std::int64_t end = lower(rail, run.end);
    for (std::int64_t i = lower(rail, run.first); i < end; ++i) {
      visit(on(rail)[static_cast<std::size_t>(i)]);
    }
  }

 private:
  [[nodiscard]] const std::vector<std::int64_t>& on(std::int64_t rail) const {
    return positions_[static_cast<std::size_t>(rail)];
  }
  [[nodiscard]] std::int64_t lower(std::int64_t rail, std::int64_t position) const {
    return std::lower_bound(on(rail).begin(), on(rail).end(), position) - on(rail).begin();
  }

  std::vector<std::vector<std::int64_t>> positions_;
  std::vector<std::int64_t> rails_;
};

// `tiers` must outlive it.
class EnumeratedGroup {
 public:
  EnumeratedGroup(const Tiers& tiers, GroupShape shape, std::int64_t first_rank);

  [[nodiscard]] std::int64_t size() const { return shape_.size; }
  [[nodiscard]] std::int64_t rank(std::int64_t i) const { return first_rank_ + shape_.offset(i); }
  [[nodiscard]] std::int64_t node(std::int64_t i) const { return tiers_.node_of_gpu(rank(i)); }

  // Members in the node, the NVLink domain, the leaf group and the pod of member i.
  [[nodiscard]] MemberRun in_node(std::int64_t i) const { return in_part(i, tiers_.gpus_per_node); }
  [[nodiscard]] MemberRun in_domain(std::int64_t i) const { return in_part(i, tiers_.domain_gpus); }
  [[nodiscard]] MemberRun in_leaf(std::int64_t i) const {
    return in_part(i, tiers_.nodes_per_leaf * tiers_.gpus_per_node);
  }
  [[nodiscard]] MemberRun in_pod(std::int64_t i) const {
    return in_part(i, tiers_.nodes_per_pod * tiers_.gpus_per_node);
  }
  // Null where the cluster has no rails.
  [[nodiscard]] const MembersByRail* by_rail() const { return by_rail_ ? &*by_rail_ : nullptr; }

 private:
  [[nodiscard]] MemberRun in_part(std::int64_t i, std::int64_t gpus) const {
    const std::int64_t begin = rank(i) / gpus * gpus;
    return {members_below(begin), members_below(begin + gpus)};
  }
  [[nodiscard]] std::int64_t members_below(std::int64_t bound) const {
    const std::int64_t distance = std::max<std::int64_t>(0, bound - first_rank_);
    const auto in_run = [&](std::int64_t within) {
      return std::min(shape_.run(), (within + shape_.stride - 1) / shape_.stride);
    };
    if (shape_.runs == 1) return in_run(distance);
    const std::int64_t whole = distance / shape_.run_stride;
    if (whole >= shape_.runs) return size();
    return whole * shape_.run() + in_run(distance % shape_.run_stride);
  }

  const Tiers& tiers_;
  GroupShape shape_;
  std::int64_t first_rank_;
  std::optional<MembersByRail> by_rail_;
};

}  // namespace seqspan::sim
