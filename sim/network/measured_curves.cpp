#include "sim/network/measured_curves.hpp"

#include <algorithm>

#include "sim/network/placed_group.hpp"
#include "sim/network/topology.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {
namespace {

bool stands_alone(const Cluster& cluster, const PlacedGroup& group) {
  if (group.shape.stride != 1) return false;
  const Topology topology(cluster);
  if (group.domains > 1 && group.domain_members != topology.domain_gpus()) return false;
  const std::int64_t leaf = topology.leaf_gpus();
  return leaf == 0 || leaf % group.shape.size == 0 || group.shape.size % leaf == 0;
}

}  // namespace

const char* name_of(TimedBy by) {
  switch (by) {
    case TimedBy::kModel:
      return "model";
    case TimedBy::kMeasurement:
      return "measurement";
    case TimedBy::kSibling:
      return "sibling";
  }
  return "";
}

void MeasuredCurves::add(GroupCurve curve) {
  std::erase_if(curves_, [&](const GroupCurve& old) {
    return old.collective == curve.collective && old.size == curve.size &&
           old.per_domain == curve.per_domain;
  });
  curves_.push_back(std::move(curve));
}

const GroupCurve* MeasuredCurves::find(const Cluster& cluster, const PlacedGroup& group,
                                       Collective collective) const {
  const auto found = std::find_if(curves_.begin(), curves_.end(), [&](const GroupCurve& curve) {
    return curve.collective == collective && curve.size == group.shape.size &&
           curve.per_domain == group.domain_members;
  });
  if (found == curves_.end() || !stands_alone(cluster, group)) return nullptr;
  return &*found;
}

}  // namespace seqspan::sim
