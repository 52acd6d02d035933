#include "profiles/fit/sibling_curve.hpp"

#include <vector>

#include "profiles/fit/isotonic.hpp"

namespace seqspan::profiles {
namespace {

constexpr double kAllGatherChannel = 18.3;      // GB/s, LL128
constexpr double kReduceScatterChannel = 15.2;  // GB/s, LL128
constexpr double kLowLatencyPart = 0.5;         // of the bandwidth

double bandwidth_between(const sim::CurveKnot& a, const sim::CurveKnot& b) {
  const sim::Seconds time = b.time - a.time;
  return time.value() > 0 ? static_cast<double>((b.size - a.size).value()) / time.value() : 0;
}

}  // namespace

sim::MeasuredCurve sibling_curve(const sim::MeasuredCurve& curve, const MeasuredGroup& measured) {
  const std::vector<sim::CurveKnot>& knots = curve.knots();
  if (measured.nodes > 1 || knots.size() < 2) return curve;
  const bool to_reduce_scatter = measured.collective == CollectiveKind::kAllGather;
  const double factor = to_reduce_scatter ? kAllGatherChannel / kReduceScatterChannel
                                          : kReduceScatterChannel / kAllGatherChannel;
  const sim::Seconds start = knots.front().time;
  const double last = static_cast<double>(knots.back().size.value()) / knots.back().time.value();

  std::vector<std::vector<double>> times{{start.value()}};
  for (std::size_t i = 1; i < knots.size(); ++i) {
    const double bandwidth = bandwidth_between(knots[i - 1], knots[i]);
    const bool low_latency = bandwidth > 0 && bandwidth < kLowLatencyPart * last;
    const sim::Seconds rest = knots[i].time - start;
    times.push_back({(start + (low_latency ? factor : 1.0) * rest).value()});
  }
  const std::vector<double> rising = isotonic(times);
  std::vector<sim::CurveKnot> moved = knots;
  for (std::size_t i = 0; i < moved.size(); ++i) moved[i].time = sim::Seconds(rising[i]);
  return sim::MeasuredCurve::make(std::move(moved)).value_or(curve);
}

}  // namespace seqspan::profiles
