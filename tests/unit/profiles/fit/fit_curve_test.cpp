#include "profiles/fit/fit_curve.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "profiles/fit/isotonic.hpp"

namespace seqspan::profiles {
namespace {

using sim::Bytes;
using sim::Seconds;

// latency 20 us, 100 GB/s
Seconds line(std::int64_t size) { return Seconds(20e-6 + static_cast<double>(size) / 100e9); }

std::vector<MeasuredPoint> on_line(int first, int last) {
  std::vector<MeasuredPoint> points;
  for (int i = first; i <= last; ++i) {
    points.push_back({Bytes(std::int64_t{1} << i), line(std::int64_t{1} << i)});
  }
  return points;
}

std::vector<MeasuredPoint> any_points() {
  const auto count = *rc::gen::inRange<std::size_t>(2, 20);
  std::vector<MeasuredPoint> points;
  std::int64_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    size += *rc::gen::inRange<std::int64_t>(i == 0 ? 1 : 0, 100000);
    points.push_back({Bytes(size), Seconds(*rc::gen::inRange(1, 100000) * 1e-7)});
  }
  if (points.front().size == points.back().size) points.back().size += Bytes(1);
  return points;
}

TEST(FitCurve, IsExactOnLatencyAndBandwidth) {
  const auto points = on_line(10, 30);
  const sim::MeasuredCurve curve = fit_curve(points);
  for (std::int64_t size = 1024; size < (std::int64_t{1} << 30); size = size * 5 / 3) {
    EXPECT_NEAR(curve.time(Bytes(size)) / line(size), 1, 1e-12) << size;
  }
  EXPECT_TRUE(find_switches(points).empty());
  EXPECT_NEAR(summary_of(left_out_errors(points, true)).worst, 0, 1e-12);
}

TEST(FitCurve, BelowThePointsLatencyStaysAndAboveThemBandwidth) {
  const sim::MeasuredCurve curve = fit_curve(on_line(10, 20));
  EXPECT_EQ(curve.time(Bytes(1)), line(1024));
  EXPECT_DOUBLE_EQ(curve.time(Bytes(1 << 22)).value(), 4 * line(1 << 20).value());
}

// Three times as long from 1 MiB on: the lines of both sides stay exact, and meet on a ramp.
TEST(FitCurve, ASlowerSwitchIsARampBetweenItsSizes) {
  std::vector<MeasuredPoint> points = on_line(12, 19);
  for (MeasuredPoint point : on_line(20, 26)) {
    point.time *= 3;
    points.push_back(point);
  }
  const std::vector<Switch> switches = find_switches(points);
  ASSERT_EQ(switches.size(), 1U);
  EXPECT_EQ(switches[0], (Switch{Bytes(1 << 19), Bytes(1 << 20), SwitchKind::kSlower}));
  const sim::MeasuredCurve curve = fit_curve(points);
  EXPECT_NEAR(curve.time(Bytes(400000)) / line(400000), 1, 1e-12);
  EXPECT_NEAR(curve.time(Bytes(1300000)) / (line(1300000) * 3.0), 1, 1e-12);
  EXPECT_NEAR(curve.time(Bytes(3 << 18)) / ((line(1 << 19) + line(1 << 20) * 3.0) * 0.5), 1, 1e-12);
}

// A tenth of the time from 1 MiB on, as when more channels come in: no monotone curve jumps down.
TEST(FitCurve, AFallIsListedAndLevelled) {
  std::vector<MeasuredPoint> points = on_line(12, 19);
  for (MeasuredPoint point : on_line(20, 22)) {
    point.time *= 0.1;
    points.push_back(point);
  }
  const std::vector<Switch> switches = find_switches(points);
  ASSERT_FALSE(switches.empty());
  EXPECT_EQ(switches.back().kind, SwitchKind::kFalls);
  const sim::MeasuredCurve curve = fit_curve(points);
  EXPECT_LE(curve.time(Bytes(1 << 19)), curve.time(Bytes(1 << 20)));
}

RC_GTEST_PROP(FitCurve, IsMonotone, ()) {
  const sim::MeasuredCurve curve = fit_curve(any_points());
  RC_ASSERT(!curve.knots().empty());
  Seconds before;
  for (std::int64_t size = 1; size < 3000000; size = size * 9 / 8 + 1) {
    const Seconds time = curve.time(Bytes(size));
    RC_ASSERT(time >= before);
    RC_ASSERT(std::isfinite(time.value()));
    before = time;
  }
}

RC_GTEST_PROP(FitCurve, KeepsPointsThatRise, ()) {
  std::vector<MeasuredPoint> points = any_points();
  std::int64_t size = 0;
  double us = 0;
  for (MeasuredPoint& point : points) {
    size += *rc::gen::inRange<std::int64_t>(1, 100000);
    us += *rc::gen::inRange(1, 1000);
    point = {Bytes(size), Seconds(us * 1e-6)};
  }
  const sim::MeasuredCurve curve = fit_curve(points);
  for (const MeasuredPoint& point : points) RC_ASSERT(curve.time(point.size) == point.time);
  RC_ASSERT(errors_of(curve, points).worst == 0);
}

// One cold run among equals moves nothing.
TEST(Isotonic, TakesTheMedianOfAPool) {
  const std::vector<double> times = isotonic({{45.7}, {29.9}, {30.1}, {30.2}});
  EXPECT_EQ(times, (std::vector<double>{30.1, 30.1, 30.1, 30.2}));
}

}  // namespace
}  // namespace seqspan::profiles
