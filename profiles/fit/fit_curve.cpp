#include "profiles/fit/fit_curve.hpp"

#include <algorithm>
#include <cmath>

#include "profiles/fit/isotonic.hpp"

namespace seqspan::profiles {
namespace {

constexpr double kSteepest = 1.08;
constexpr double kStandsOut = 0.3;
constexpr double kFall = 0.9;

using sim::Bytes;
using sim::CurveKnot;
using sim::Seconds;

struct AtSize {
  Bytes size;
  std::vector<double> seconds;
};

std::vector<AtSize> by_size(const std::vector<MeasuredPoint>& points) {
  std::vector<AtSize> sizes;
  for (const MeasuredPoint& point : points) {
    if (sizes.empty() || sizes.back().size != point.size) sizes.push_back({point.size, {}});
    sizes.back().seconds.push_back(point.time.value());
  }
  return sizes;
}

double slope(const AtSize& a, const AtSize& b) {
  return std::log(geometric_median(b.seconds) / geometric_median(a.seconds)) /
         std::log(b.size / a.size);
}

std::vector<Switch> switches_of(const std::vector<AtSize>& sizes) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    slopes.push_back(slope(sizes[i], sizes[i + 1]));
  }
  std::vector<bool> slower(slopes.size());
  std::vector<bool> faster(slopes.size());
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    if (slopes[i] > kSteepest) slower[i] = true;
    if (i + 1 == slopes.size() || slopes[i] - slopes[i + 1] <= kStandsOut) continue;
    const bool stands_out = i == 0 || slopes[i] - slopes[i - 1] > kStandsOut / 2;
    (stands_out ? slower[i] : faster[i + 1]) = true;
  }
  std::vector<Switch> switches;
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    const double ratio =
        geometric_median(sizes[i + 1].seconds) / geometric_median(sizes[i].seconds);
    if (ratio < kFall) {
      switches.push_back({sizes[i].size, sizes[i + 1].size, SwitchKind::kFalls});
    } else if (slower[i] || faster[i]) {
      switches.push_back({sizes[i].size, sizes[i + 1].size,
                          slower[i] ? SwitchKind::kSlower : SwitchKind::kFaster});
    }
  }
  return switches;
}

Seconds on_line(const CurveKnot& a, const CurveKnot& b, Bytes size) {
  return a.time + (b.time - a.time) * ((size - a.size) / (b.size - a.size));
}

// A slower switch that the next size takes back is noise.
bool is_jump(const std::vector<Switch>& switches, Bytes after) {
  const auto found = std::find_if(switches.begin(), switches.end(),
                                  [&](const Switch& one) { return one.after == after; });
  if (found == switches.end() || found->kind != SwitchKind::kSlower) return false;
  const auto next = found + 1;
  return next == switches.end() || next->after != found->before || next->kind != SwitchKind::kFalls;
}

// The two knots of a jump between knots i and i + 1; none where the sides meet or cross.
std::vector<CurveKnot> jump_after(const std::vector<CurveKnot>& knots, std::size_t i) {
  const CurveKnot& below = knots[i];
  const CurveKnot& above = knots[i + 1];
  const Bytes middle(static_cast<std::int64_t>(std::llround(std::sqrt(
      static_cast<double>(below.size.value()) * static_cast<double>(above.size.value())))));
  if (middle <= below.size || middle >= above.size) return {};
  const Seconds left = i > 0 ? on_line(knots[i - 1], below, middle) : below.time;
  const Seconds right = i + 2 < knots.size() ? on_line(above, knots[i + 2], middle) : above.time;
  const CurveKnot first{middle, std::clamp(left, below.time, above.time)};
  const CurveKnot second{middle, std::clamp(right, below.time, above.time)};
  if (first.time >= second.time) return {};
  return {first, second};
}

sim::MeasuredCurve curve_through(const std::vector<AtSize>& sizes,
                                 const std::vector<Switch>& switches,
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
    std::vector<CurveKnot> between;
    if (doubling.between(measured[i].size, measured[i + 1].size)) {
      between = knots_of_doubling(measured[i], measured[i + 1], doubling);
    } else if (is_jump(switches, measured[i].size)) {
      between = jump_after(measured, i);
    }
    knots.insert(knots.end(), between.begin(), between.end());
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

std::vector<Switch> find_switches(const std::vector<MeasuredPoint>& points) {
  return switches_of(by_size(points));
}

sim::MeasuredCurve fit_curve(const std::vector<MeasuredPoint>& points,
                             const ChannelDoubling& doubling) {
  const std::vector<AtSize> sizes = by_size(points);
  return curve_through(sizes, switches_of(sizes), doubling);
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
  const std::vector<Switch> switches = switches_of(sizes);
  std::vector<AtSize> kept;
  for (std::size_t i = 0; i < sizes.size(); i += 2) kept.push_back(sizes[i]);
  if (kept.size() < 2) return {};
  const sim::MeasuredCurve curve = curve_through(kept, switches_of(kept), doubling);
  std::vector<double> errors;
  for (std::size_t i = 1; i < sizes.size(); i += 2) {
    if (beside_switches || !beside_switch(switches, sizes[i].size)) {
      errors.push_back(error_at(curve, sizes[i]));
    }
  }
  return errors;
}

}  // namespace seqspan::profiles
