#include "sim/network/enumerated_group.hpp"

namespace seqspan::sim {

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

EnumeratedGroup::EnumeratedGroup(const Tiers& tiers, GroupShape shape, std::int64_t first_rank)
    : tiers_(tiers), shape_(shape), first_rank_(first_rank) {
  if (tiers.rails <= 1) return;
  by_rail_.emplace(tiers.pcie_per_node);
  for (std::int64_t i = 0; i < size(); ++i) {
    by_rail_->add(i, tiers.pcie_in_node(rank(i)));
  }
}

}  // namespace seqspan::sim
