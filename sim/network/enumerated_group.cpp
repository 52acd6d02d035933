#include "sim/network/enumerated_group.hpp"

#include <algorithm>

namespace seqspan::sim {

MemberRun join(MemberRun a, MemberRun b) {
  return {std::min(a.first, b.first), std::max(a.end, b.end)};
}

void MembersByRail::add(std::int64_t member, std::int64_t rail) {
  auto& on_rail = positions_[static_cast<std::size_t>(rail)];
  if (on_rail.empty()) rails_.push_back(rail);
  on_rail.push_back(member);
}

std::optional<std::int64_t> MembersByRail::first(std::int64_t rail, MemberRun run) const {
  const std::int64_t at = lower(rail, run.first);
  if (at == count(rail) || !run.holds(on(rail)[static_cast<std::size_t>(at)])) return {};
  return on(rail)[static_cast<std::size_t>(at)];
}

std::int64_t MembersByRail::lower(std::int64_t rail, std::int64_t position) const {
  return std::lower_bound(on(rail).begin(), on(rail).end(), position) - on(rail).begin();
}

EnumeratedGroup::EnumeratedGroup(const Tiers& tiers, GroupShape shape, std::int64_t first_rank)
    : tiers_(tiers), shape_(shape), first_rank_(first_rank) {
  if (tiers.rails <= 1) return;
  by_rail_.emplace(tiers.pcie_per_node);
  for (std::int64_t i = 0; i < size(); ++i) {
    by_rail_->add(i, tiers.pcie_in_node(rank(i)));
  }
}

MemberRun EnumeratedGroup::in_part(std::int64_t i, std::int64_t gpus) const {
  const std::int64_t begin = rank(i) / gpus * gpus;
  return {members_below(begin), members_below(begin + gpus)};
}

std::int64_t EnumeratedGroup::members_below(std::int64_t bound) const {
  const std::int64_t distance = std::max<std::int64_t>(0, bound - first_rank_);
  const auto in_run = [&](std::int64_t within) {
    return std::min(shape_.run(), (within + shape_.stride - 1) / shape_.stride);
  };
  if (shape_.runs == 1) return in_run(distance);
  const std::int64_t whole = distance / shape_.run_stride;
  if (whole >= shape_.runs) return size();
  return whole * shape_.run() + in_run(distance % shape_.run_stride);
}

}  // namespace seqspan::sim
