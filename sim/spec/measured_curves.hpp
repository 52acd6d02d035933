// Measured curves by what they were measured on, for a Network to prefer over its own model.
//
// A curve belongs to a collective on a group of `size` ranks of which `per_domain` share an NVLink
// domain; the domains are the nodes of the benchmark. It was measured with `groups` such groups
// running at once, ranks of one `stride` apart: all that the ranks at hand made up. Sizes are
// Communication::bytes (nccl-tests'). Which placed groups it stands for: sim/network/network.hpp.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "sim/spec/collective.hpp"
#include "sim/spec/measured_curve.hpp"

namespace seqspan::sim {

enum class TimedBy : std::uint8_t {
  kModel,
  kMeasurement,
  kSibling,  // an all-gather's measurement for a reduce-scatter, or the other way round
};
[[nodiscard]] const char* name_of(TimedBy by);

// The groups that ran at once, as a layout has them. One alone, of neighbours: a benchmark's.
struct Siblings {
  std::int64_t groups = 1;
  std::int64_t stride = 1;

  auto operator<=>(const Siblings&) const = default;
};

struct GroupCurve {
  Collective collective = Collective::kAllToAll;
  std::int64_t size = 1;
  std::int64_t per_domain = 1;
  TimedBy by = TimedBy::kMeasurement;
  MeasuredCurve curve;
  Siblings siblings{};
};

class MeasuredCurves {
 public:
  // Of one collective and group the later one counts.
  void add(GroupCurve curve);

  // Null where nothing was measured.
  [[nodiscard]] const GroupCurve* find(Collective collective, std::int64_t size,
                                       std::int64_t per_domain, Siblings siblings = {}) const;

  [[nodiscard]] bool empty() const { return curves_.empty(); }
  [[nodiscard]] const std::vector<GroupCurve>& all() const { return curves_; }

 private:
  std::vector<GroupCurve> curves_;
};

}  // namespace seqspan::sim
