#include "sim/spec/measured_curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/formula/traced.hpp"

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

template <class Numbers>
NumberOf<Numbers, Seconds> MeasuredCurve::time(const Numbers& in, Bytes size) const {
  constexpr const char* kKnot =
      "the fabric profile's curve of this collective and group (docs/models/fit.md)";
  if (knots_.empty() || size.value() <= 0) return in.constant(Seconds(0));
  const auto bytes = in.given("bytes", size, "the op (seqspan simulate --program)");
  const auto above =
      std::lower_bound(knots_.begin(), knots_.end(), size,
                       [](const CurveKnot& knot, Bytes wanted) { return knot.size < wanted; });
  if (above == knots_.end()) {
    return in.given("time_of_largest", knots_.back().time, kKnot) *
           (bytes / in.given("largest", knots_.back().size, kKnot));
  }
  if (above == knots_.begin() || above->size == size) {
    return in.given("time_of_knot", above->time, kKnot);
  }
  const CurveKnot& below = *(above - 1);
  const double p = exponents_[static_cast<std::size_t>(above - knots_.begin()) - 1];
  const auto s0 = in.given("size_below", below.size, kKnot);
  const auto s1 = in.given("size_above", above->size, kKnot);
  const auto t0 = in.given("time_below", below.time, kKnot);
  const auto t1 = in.given("time_above", above->time, kKnot);
  auto part = (bytes - s0) / (s1 - s0);
  if (p != 1) {
    const auto exponent = in.given("p", p, kKnot);
    const auto power = [&](const auto& base) {
      return in.call("pow", std::pow(bare(base), p), base, exponent);
    };
    part = (power(bytes / s0) - 1) / (power(s1 / s0) - 1);
  }
  return t0 + (t1 - t0) * smallest(part, in.constant(1.0));
}

template Seconds MeasuredCurve::time(const Plain&, Bytes) const;
template Traced<Seconds> MeasuredCurve::time(const Tracing&, Bytes) const;

Seconds MeasuredCurve::time(Bytes size) const { return time(Plain{}, size); }

}  // namespace seqspan::sim
