#include "profiles/fit/fit_curve.hpp"

#include <algorithm>
#include <cmath>

#include "profiles/fit/by_size.hpp"
#include "profiles/fit/isotonic.hpp"

namespace seqspan::profiles {
namespace {

using sim::Bytes;
using sim::CurveKnot;
using sim::Seconds;

sim::MeasuredCurve curve_through(const std::vector<AtSize>& sizes,
                                 const ChannelDoubling& doubling) {
  std::vector<std::vector<double>> samples;
  samples.reserve(sizes.size());
  for (const AtSize& at : sizes) samples.push_back(at.seconds);
  const std::vector<double> times = isotonic(samples);
  std::vector<CurveKnot> measured;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    measured.push_back({sizes[i].size, Seconds(times[i])});
  }
  std::vector<CurveKnot> knots;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    knots.push_back(measured[i]);
    if (i + 1 == measured.size()) continue;
    if (!doubling.between(measured[i].size, measured[i + 1].size)) continue;
    for (const CurveKnot& knot : knots_of_doubling(measured[i], measured[i + 1], doubling)) {
      knots.push_back(knot);
    }
  }
  // Monotone by construction.
  return sim::MeasuredCurve::make(std::move(knots)).value_or(sim::MeasuredCurve());
}

double error_at(const sim::MeasuredCurve& curve, const AtSize& at) {
  return std::abs(curve.time(at.size).value() / geometric_median(at.seconds) - 1);
}

bool beside_switch(const std::vector<Switch>& switches, Bytes size) {
  return std::any_of(switches.begin(), switches.end(), [&](const Switch& found) {
    return found.after == size || found.before == size;
  });
}

}  // namespace

sim::MeasuredCurve fit_curve(const std::vector<MeasuredPoint>& points,
                             const ChannelDoubling& doubling) {
  return curve_through(by_size(points), doubling);
}

FitErrors summary_of(const std::vector<double>& errors) {
  if (errors.empty()) return {};
  return {static_cast<std::int64_t>(errors.size()), median(errors),
          *std::max_element(errors.begin(), errors.end())};
}

FitErrors errors_of(const sim::MeasuredCurve& curve, const std::vector<MeasuredPoint>& points) {
  std::vector<double> errors;
  for (const AtSize& at : by_size(points)) errors.push_back(error_at(curve, at));
  return summary_of(errors);
}

std::vector<double> left_out_errors(const std::vector<MeasuredPoint>& points, bool beside_switches,
                                    const ChannelDoubling& doubling) {
  const std::vector<AtSize> sizes = by_size(points);
  const std::vector<Switch> switches = find_switches(sizes);
  std::vector<AtSize> kept;
  for (std::size_t i = 0; i < sizes.size(); i += 2) kept.push_back(sizes[i]);
  if (kept.size() < 2) return {};
  const sim::MeasuredCurve curve = curve_through(kept, doubling);
  std::vector<double> errors;
  for (std::size_t i = 1; i < sizes.size(); i += 2) {
    if (beside_switches || !beside_switch(switches, sizes[i].size)) {
      errors.push_back(error_at(curve, sizes[i]));
    }
  }
  return errors;
}

}  // namespace seqspan::profiles
