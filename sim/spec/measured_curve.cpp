#include "sim/spec/measured_curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace seqspan::sim {
namespace {

constexpr double kLeast = 0.125;
constexpr double kMost = 2;
// A bend that no time would show: exactly a line then.
constexpr double kStraight = 1e-6;

// (c - b) / (b - a) of sizes to the power of p; rises with p.
double ratio_of_steps(Bytes a, Bytes b, Bytes c, double p) {
  return (std::pow(c / b, p) - 1) / (1 - std::pow(a / b, p));
}

// p of the a + b S^p through three knots that rise in size and time.
double bend(const CurveKnot& a, const CurveKnot& b, const CurveKnot& c) {
  const double first = (b.time - a.time).value();
  const double second = (c.time - b.time).value();
  const double wanted = second / first;
  const auto ratio = [&](double p) { return ratio_of_steps(a.size, b.size, c.size, p); };
  if (wanted <= ratio(kLeast)) return kLeast;
  if (wanted >= ratio(kMost)) return kMost;
  double low = kLeast;
  double high = kMost;
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (ratio(middle) < wanted ? low : high) = middle;
  }
  return std::abs(low - 1) < kStraight ? 1 : low;
}

double agreed(double p, double q) {
  if (p > 1 && q > 1) return std::min(p, q);
  if (p < 1 && q < 1) return std::max(p, q);
  return 1;
}

// Between knots i and i + 1.
double exponent_between(const std::vector<CurveKnot>& knots, std::size_t i) {
  const auto rises = [&](std::size_t j) {
    return knots[j].size < knots[j + 1].size && knots[j].time < knots[j + 1].time;
  };
  if (!rises(i)) return 1;
  const bool before = i > 0 && rises(i - 1);
  const bool after = i + 2 < knots.size() && rises(i + 1);
  const double left = before ? bend(knots[i - 1], knots[i], knots[i + 1]) : 1;
  const double right = after ? bend(knots[i], knots[i + 1], knots[i + 2]) : 1;
  if (before && after) return agreed(left, right);
  return before ? left : right;
}

}  // namespace

MeasuredCurve::MeasuredCurve(std::vector<CurveKnot> knots) : knots_(std::move(knots)) {
  for (std::size_t i = 0; i + 1 < knots_.size(); ++i) {
    exponents_.push_back(exponent_between(knots_, i));
  }
}

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
  const double p = exponents_[static_cast<std::size_t>(above - knots_.begin()) - 1];
  const double part =
      p == 1 ? (size - below.size) / (above->size - below.size)
             : (std::pow(size / below.size, p) - 1) / (std::pow(above->size / below.size, p) - 1);
  return below.time + (above->time - below.time) * std::min(part, 1.0);
}

}  // namespace seqspan::sim
