// Measured curves by what they were measured on, for a Network to prefer over its own model.
//
// A curve belongs to a collective on a group of `size` ranks of which `per_domain` share an NVLink
// domain; the domains are the nodes of the benchmark. Sizes are Communication::bytes (nccl-tests').
//
// A benchmark runs one group on GPUs that have nothing else to do. So a curve stands for a placed
// group only where no sibling shares its links: ranks that are neighbours, in one domain or in
// domains that they fill. Interleaved groups share NICs, and keep the model, which counts that.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/network/measured_curve.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

class MeasuredCurves {
 public:
  // Of one collective and group the later one counts.
  void add(Collective collective, std::int64_t size, std::int64_t per_domain, MeasuredCurve curve);

  // Null where nothing was measured that stands for this group.
  [[nodiscard]] const MeasuredCurve* find(const Cluster& cluster, const PlacedGroup& group,
                                          Collective collective) const;

  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    Collective collective = Collective::kAllToAll;
    std::int64_t size = 1;
    std::int64_t per_domain = 1;
    MeasuredCurve curve;
  };

  std::vector<Entry> entries_;
};

}  // namespace seqspan::sim
