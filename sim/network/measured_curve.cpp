#include "sim/network/measured_curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace seqspan::sim {

Result<MeasuredCurve> MeasuredCurve::make(std::vector<CurveKnot> knots) {
  for (std::size_t i = 0; i < knots.size(); ++i) {
    const CurveKnot& knot = knots[i];
    const auto refuse = [&](const char* why) {
      return input_error(fmt::format("point {} of the curve is wrong", i + 1), {}, why);
    };
    if (knot.size.value() <= 0 || !(knot.time.value() > 0) || !std::isfinite(knot.time.value())) {
      return refuse("sizes and times are above 0");
    }
    if (i == 0) continue;
    if (knot.size < knots[i - 1].size) return refuse("sizes must not fall");
    if (knot.time < knots[i - 1].time) return refuse("times must not fall with the size");
    if (i > 1 && knot.size == knots[i - 2].size) return refuse("a jump has two points");
  }
  return MeasuredCurve(std::move(knots));
}

Seconds MeasuredCurve::time(Bytes size) const {
  if (knots_.empty() || size.value() <= 0) return {};
  const auto above =
      std::lower_bound(knots_.begin(), knots_.end(), size,
                       [](const CurveKnot& knot, Bytes wanted) { return knot.size < wanted; });
  if (above == knots_.end()) return knots_.back().time * (size / knots_.back().size);
  if (above == knots_.begin() || above->size == size) return above->time;
  const CurveKnot& below = *(above - 1);
  return below.time +
         (above->time - below.time) * ((size - below.size) / (above->size - below.size));
}

}  // namespace seqspan::sim
