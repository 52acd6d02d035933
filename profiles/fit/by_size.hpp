// Measured points gathered by size: several runs of one size are one.
#pragma once

#include <vector>

#include "profiles/import/measurement.hpp"
#include "sim/spec/measured_curve.hpp"

namespace seqspan::profiles {

struct AtSize {
  sim::Bytes size;
  std::vector<double> seconds;

  // Geometric median of the runs.
  [[nodiscard]] sim::CurveKnot middle() const;
};

// `points` by size; equal sizes may repeat.
[[nodiscard]] std::vector<AtSize> by_size(const std::vector<MeasuredPoint>& points);

}  // namespace seqspan::profiles
