// Measured curves by what they were measured on, for a Network to prefer over its own model.
//
// A curve belongs to a collective on a group of `size` ranks of which `per_domain` share an NVLink
// domain; the domains are the nodes of the benchmark. Sizes are Communication::bytes (nccl-tests').
//
// A benchmark runs one group on GPUs that have nothing else to do. So a curve stands for a placed
// group only where no sibling shares its links: ranks that are neighbours, in one domain or in
// domains that they fill, under one leaf or under leaves that they fill. Interleaved groups share
// NICs, and keep the model, which counts that.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/network/measured_curve.hpp"
#include "sim/program/op.hpp"

namespace seqspan::sim {

struct Cluster;
struct PlacedGroup;

enum class TimedBy : std::uint8_t {
  kModel,
  kMeasurement,
  kSibling,  // an all-gather's measurement for a reduce-scatter, or the other way round
};
[[nodiscard]] const char* name_of(TimedBy by);

struct GroupCurve {
  Collective collective = Collective::kAllToAll;
  std::int64_t size = 1;
  std::int64_t per_domain = 1;
  TimedBy by = TimedBy::kMeasurement;
  MeasuredCurve curve;
};

class MeasuredCurves {
 public:
  // Of one collective and group the later one counts.
  void add(GroupCurve curve);

  // Null where nothing was measured that stands for this group.
  [[nodiscard]] const GroupCurve* find(const Cluster& cluster, const PlacedGroup& group,
                                       Collective collective) const;

  [[nodiscard]] bool empty() const { return curves_.empty(); }
  [[nodiscard]] const std::vector<GroupCurve>& all() const { return curves_; }

 private:
  std::vector<GroupCurve> curves_;
};

}  // namespace seqspan::sim
