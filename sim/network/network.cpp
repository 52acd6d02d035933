#include "sim/network/network.hpp"

#include <algorithm>
#include <utility>

#include "sim/cluster/tiers.hpp"
#include "sim/formula/traced.hpp"
#include "sim/network/irregular_network.hpp"
#include "sim/network/rank_order.hpp"
#include "sim/network/topology.hpp"

namespace seqspan::sim {
namespace {

// Whether a description says all there is to say.
bool needs_graph(const Cluster& cluster) {
  if (!cluster.links.empty() || !cluster.overrides.empty()) return true;
  return Tiers(cluster).leaves() > 1 && cluster.spine_switches == 0;
}

std::pair<GroupShape, std::int64_t> key_of(const PlacedGroup& placed) {
  return {placed.shape, placed.world};
}

// No sibling shares the links of the group.
bool stands_alone(const Cluster& cluster, const PlacedGroup& group) {
  if (group.shape.stride != 1 || group.shape.runs != 1) return false;
  const Topology topology(cluster);
  if (group.domains > 1 && group.domain_members != topology.domain_gpus()) return false;
  const std::int64_t leaf = topology.leaf_gpus();
  return leaf == 0 || leaf % group.shape.size == 0 || group.shape.size % leaf == 0;
}

}  // namespace

Network::Network(const Cluster& cluster) : cluster_(&cluster) {
  if (needs_graph(cluster)) irregular_ = std::make_unique<Irregular>(cluster);
}
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

Result<void> Network::check() const { return irregular_ ? irregular_->check() : Result<void>{}; }

const Network::Placement& Network::find_or_place(GroupShape shape, std::int64_t world) {
  const std::pair key(shape, world);
  const auto at = std::lower_bound(
      placed_.begin(), placed_.end(), key,
      [](const auto& placed, const auto& wanted) { return key_of(placed->group) < wanted; });
  if (at != placed_.end() && key_of((*at)->group) == key) return **at;
  auto placed = std::make_unique<Placement>();
  placed->group = sim::place(*cluster_, shape, world);
  placed->as_benchmarked = stands_alone(*cluster_, placed->group);
  if (irregular_) {
    const PlacedGroup described = std::exchange(placed->group, irregular_->place(shape, world));
    placed->as_benchmarked = placed->as_benchmarked && placed->group == described;
  }
  placed->choices = CollectiveChoices(*cluster_, placed->group);
  return **placed_.insert(at, std::move(placed));
}

void Network::place(const Layout& layout) {
  const std::int64_t world = layout.world();
  for (std::size_t axis = 0; axis < kAxisCount; ++axis) {
    const GroupShape shape = group_shape(static_cast<Axis>(axis), layout);
    groups_[axis] = shape.size > 1 ? &find_or_place(shape, world) : nullptr;
  }
}

const Network::Placement& Network::placement(Axis axis) const {
  const Placement* placed = groups_[static_cast<std::size_t>(axis)];
  return placed != nullptr ? *placed : alone_;
}

const PlacedGroup& Network::group(Axis axis) const { return placement(axis).group; }

Seconds Network::time(const Communication& communication) const {
  return explain(communication).total();
}

const GroupCurve* Network::measured(const Communication& communication) const {
  const Placement& placed = placement(communication.axis);
  if (cluster_->measured.empty()) return nullptr;
  const PlacedGroup& group = placed.group;
  const auto find = [&](Siblings siblings) {
    return cluster_->measured.find(communication.collective, group.shape.size, group.domain_members,
                                   siblings);
  };
  // A measurement says one distance between members.
  const GroupCurve* found =
      group.shape.runs == 1 ? find({group.world / group.shape.size, group.shape.stride}) : nullptr;
  return found == nullptr && placed.as_benchmarked ? find({}) : found;
}

TimedBy Network::timed_by(const Communication& communication) const {
  const GroupCurve* found = measured(communication);
  return found == nullptr ? TimedBy::kModel : found->by;
}

template <class Numbers>
CommunicationTimeOf<Numbers> Network::timed(const Numbers& in,
                                            const Communication& communication) const {
  const Placement& placed = placement(communication.axis);
  auto model = communication_time(in, *cluster_, placed.group, placed.choices, communication);
  const GroupCurve* found = measured(communication);
  if (found == nullptr || bare(model.total()).value() <= 0) return model;
  const auto time = in.named("measured", found->curve.time(in, communication.bytes));
  return model.scaled(in.named("factor", time / in.named("model", model.total())));
}

CommunicationTime Network::explain(const Communication& communication) const {
  return timed(Plain{}, communication);
}

Formula Network::formula(const Communication& communication) const {
  const CommunicationTimeOf<Tracing> time = timed(Tracing{}, communication);
  return formula_of(nccl::law_of(time.algorithm), "t", time.total());
}

std::optional<BoundLink> Network::bound_link(const Communication& communication) const {
  if (!irregular_) return std::nullopt;
  return irregular_->bound_link(group(communication.axis), communication.collective,
                                explain(communication).bound());
}

}  // namespace seqspan::sim
