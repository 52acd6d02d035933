// Time against size as somebody measured it: monotone, and honest about what was not measured.
//
//   below the first knot   the first time: latency does not shrink
//   between two knots      linear in the size: exact where the time is latency + bytes / bandwidth
//   beyond the last knot   time in proportion to the size: the last bandwidth that was measured
//
// Two knots of one size are a jump, where a library changes its protocol or algorithm: the size
// itself takes the first time, what is larger starts from the second.
#pragma once

#include <vector>

#include "sim/errors/error.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

struct CurveKnot {
  Bytes size;
  Seconds time;

  bool operator==(const CurveKnot&) const = default;
};

class MeasuredCurve {
 public:
  // No knots: no time for any size.
  MeasuredCurve() = default;

  // Sizes and times above 0, neither falling, at most two knots of one size.
  // Errors: kInput with the number of the knot that is wrong, and no place.
  [[nodiscard]] static Result<MeasuredCurve> make(std::vector<CurveKnot> knots);

  [[nodiscard]] Seconds time(Bytes size) const;
  [[nodiscard]] const std::vector<CurveKnot>& knots() const { return knots_; }

  bool operator==(const MeasuredCurve&) const = default;

 private:
  explicit MeasuredCurve(std::vector<CurveKnot> knots) : knots_(std::move(knots)) {}

  std::vector<CurveKnot> knots_;
};

}  // namespace seqspan::sim
