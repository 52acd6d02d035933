// Time against size as somebody measured it: monotone, and honest about what was not measured.
//
//   below the first knot   the first time: latency does not shrink
//   between two knots      t0 + (t1 - t0) (S^p - S0^p) / (S1^p - S0^p)
//   beyond the last knot   time in proportion to the size: the last bandwidth that was measured
//
// p is how the time bends there. Three neighbouring knots that rise lie on one a + b S^p: p = 1 is
// latency + bytes / bandwidth; below 1 the bandwidth rises with the size, as where more channels
// come in; above 1 the time turns up more sharply, as where one of two transfers overtakes the
// other. Between two knots two such threes overlap: where both say above 1, or both below, the one
// nearer to 1 counts, else p = 1, so that a single outlier bends nothing. Beside an end, a jump or
// a flat piece there is one three; where there is none, p = 1. p stays within 1/8 and 2.
// Exact for latency + bytes / bandwidth.
//
// Two knots of one size are a jump, where a library changes its protocol or algorithm: the size
// itself takes the first time, what is larger starts from the second.
#pragma once

#include <vector>

#include "sim/errors/error.hpp"
#include "sim/formula/numbers.hpp"
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

  template <class Numbers>
  [[nodiscard]] NumberOf<Numbers, Seconds> time(const Numbers& in, Bytes size) const;
  [[nodiscard]] Seconds time(Bytes size) const;
  [[nodiscard]] const std::vector<CurveKnot>& knots() const { return knots_; }
  // p between knots i and i + 1.
  [[nodiscard]] double exponent(std::size_t i) const { return exponents_[i]; }

  bool operator==(const MeasuredCurve& other) const { return knots_ == other.knots_; }

 private:
  explicit MeasuredCurve(std::vector<CurveKnot> knots);

  std::vector<CurveKnot> knots_;
  std::vector<double> exponents_;  // follow from the knots
};

}  // namespace seqspan::sim
