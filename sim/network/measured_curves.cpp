#include "sim/network/measured_curves.hpp"

#include <algorithm>

#include "sim/network/topology.hpp"

namespace seqspan::sim {
namespace {

bool stands_alone(const Cluster& cluster, const PlacedGroup& group) {
  return group.shape.stride == 1 &&
         (group.domains == 1 || group.domain_members == Topology(cluster).domain_gpus());
}

}  // namespace

void MeasuredCurves::add(Collective collective, std::int64_t size, std::int64_t per_domain,
                         MeasuredCurve curve) {
  std::erase_if(entries_, [&](const Entry& entry) {
    return entry.collective == collective && entry.size == size && entry.per_domain == per_domain;
  });
  entries_.push_back({collective, size, per_domain, std::move(curve)});
}

const MeasuredCurve* MeasuredCurves::find(const Cluster& cluster, const PlacedGroup& group,
                                          Collective collective) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.collective == collective && entry.size == group.shape.size &&
           entry.per_domain == group.domain_members;
  });
  if (found == entries_.end() || !stands_alone(cluster, group)) return nullptr;
  return &found->curve;
}

}  // namespace seqspan::sim
