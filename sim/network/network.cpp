#include "sim/network/network.hpp"

#include <algorithm>
#include <tuple>

#include "sim/cluster/tiers.hpp"
#include "sim/network/irregular_network.hpp"
#include "sim/network/rank_order.hpp"

namespace seqspan::sim {
namespace {

// Whether a description says all there is to say.
bool needs_graph(const Cluster& cluster) {
  if (!cluster.links.empty() || !cluster.overrides.empty()) return true;
  return Tiers(cluster).leaves() > 1 && cluster.spine_switches == 0;
}

std::tuple<std::int64_t, std::int64_t, std::int64_t> key_of(const PlacedGroup& placed) {
  return {placed.shape.size, placed.shape.stride, placed.world};
}

}  // namespace

Network::Network(const Cluster& cluster) : cluster_(&cluster) {
  if (needs_graph(cluster)) irregular_ = std::make_unique<Irregular>(cluster);
}
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

Result<void> Network::check() const { return irregular_ ? irregular_->check() : Result<void>{}; }

const PlacedGroup& Network::find_or_place(GroupShape shape, std::int64_t world) {
  const std::tuple key(shape.size, shape.stride, world);
  const auto at = std::lower_bound(
      placed_.begin(), placed_.end(), key,
      [](const PlacedGroup& placed, const auto& wanted) { return key_of(placed) < wanted; });
  if (at != placed_.end() && key_of(*at) == key) return *at;
  return *placed_.insert(
      at, irregular_ ? irregular_->place(shape, world) : sim::place(*cluster_, shape, world));
}

void Network::place(const Layout& layout) {
  const std::int64_t world = layout.world();
  for (std::size_t axis = 0; axis < kAxisCount; ++axis) {
    const GroupShape shape = group_shape(static_cast<Axis>(axis), layout);
    groups_[axis] = shape.size > 1 ? find_or_place(shape, world) : PlacedGroup{};
  }
}

const PlacedGroup& Network::group(Axis axis) const {
  return groups_[static_cast<std::size_t>(axis)];
}

Seconds Network::time(const Communication& communication) const {
  return explain(communication).total();
}

CommunicationTime Network::explain(const Communication& communication) const {
  const PlacedGroup& placed = group(communication.axis);
  const CommunicationTime model = communication_time(*cluster_, placed, communication);
  const MeasuredCurve* curve =
      measured_.empty() ? nullptr : measured_.find(*cluster_, placed, communication.collective);
  if (curve == nullptr || model.total().value() <= 0) return model;
  const double scale = curve->time(communication.bytes) / model.total();
  return {model.latency * scale, model.nvlink * scale, model.nic * scale,
          model.spine * scale,   model.pcie * scale,   model.core * scale};
}

std::optional<BoundLink> Network::bound_link(const Communication& communication) const {
  if (!irregular_) return std::nullopt;
  return irregular_->bound_link(group(communication.axis), communication.collective,
                                explain(communication).bound());
}

}  // namespace seqspan::sim
