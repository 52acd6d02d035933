#include "profiles/fit/fit_links.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "profiles/fit/fit_curve.hpp"
#include "profiles/fit/link_model.hpp"

namespace seqspan::profiles {
namespace {

constexpr std::size_t kParameters = 7;
constexpr std::size_t kBandwidthInside = 1;
constexpr std::size_t kBandwidthBetween = 4;
constexpr double kPull = 0.01;
constexpr double kSmallestStep = 1.001;
constexpr int kMostRounds = 400;

using Values = std::array<double, kParameters>;

// NCCL v2.30 src/graph/tuning.cc: ring, Simple protocol: base 8.4 us, a step 3.4 us over NVLink and
// 14 us over the network. The others are round figures of an 8-GPU node with one 400 Gb/s NIC per
// GPU.
constexpr Values kStart = {8.4e-6, 300e9, 10e-6, 3.4e-6, 40e9, 15e-6, 14e-6};

LinkParameters parameters_of(const Values& values) {
  LinkParameters links;
  links.ring_base_latency = sim::Seconds(values[0]);
  links.inside = {sim::BytesPerSecond(values[1]), sim::Seconds(values[2]), sim::Seconds(values[3])};
  links.between = {sim::BytesPerSecond(values[4]), sim::Seconds(values[5]),
                   sim::Seconds(values[6])};
  return links;
}

double distance(const LinkParameters& links, const FittedCurve& curve) {
  double sum = 0;
  std::size_t count = 0;
  for (const MeasuredPoint& point : curve.measured) {
    const auto time = time_over_links(links, curve.group, point.size);
    if (!time) continue;
    sum += std::abs(std::log(*time / point.time));
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

double objective(const std::vector<const FittedCurve*>& curves, const Values& values) {
  const LinkParameters links = parameters_of(values);
  double sum = 0;
  for (const FittedCurve* curve : curves) sum += distance(links, *curve);
  sum /= static_cast<double>(curves.size());
  for (std::size_t i = 0; i < kParameters; ++i) {
    if (values[i] == 0) continue;
    sum += kPull * std::abs(std::log(values[i] / kStart[i]));
  }
  return sum;
}

// Whether any time of the curves changes with parameter `index`.
bool matters(const std::vector<const FittedCurve*>& curves, std::size_t index) {
  Values changed = kStart;
  // A transfer at the same time as a longer one counts once it is long enough.
  const bool is_bandwidth = index == kBandwidthInside || index == kBandwidthBetween;
  changed[index] = is_bandwidth ? 1 : 1000;
  const LinkParameters before = parameters_of(kStart);
  const LinkParameters after = parameters_of(changed);
  for (const FittedCurve* curve : curves) {
    if (distance(before, *curve) != distance(after, *curve)) return true;
  }
  return false;
}

// All collectives that the model has a form for, without the all-reduces if others are there.
std::vector<const FittedCurve*> explained(const std::vector<FittedCurve>& curves) {
  std::vector<const FittedCurve*> others;
  std::vector<const FittedCurve*> all;
  for (const FittedCurve& curve : curves) {
    if (!time_over_links(parameters_of(kStart), curve.group, sim::Bytes(1))) continue;
    all.push_back(&curve);
    if (curve.group.collective != CollectiveKind::kAllReduce) others.push_back(&curve);
  }
  return others.empty() ? all : others;
}

// Steps of one parameter, and of two at once: latencies trade off against each other.
std::vector<Values> neighbours_of(const Values& values, double step) {
  std::vector<Values> neighbours;
  for (std::size_t i = 0; i < kParameters; ++i) {
    for (const double factor : {step, 1 / step}) {
      Values one = values;
      one[i] *= factor;
      neighbours.push_back(one);
      for (std::size_t j = 0; j < i; ++j) {
        for (const double second : {step, 1 / step}) {
          Values two = one;
          two[j] *= second;
          neighbours.push_back(two);
        }
      }
    }
  }
  return neighbours;
}

Values search(const std::vector<const FittedCurve*>& curves) {
  Values best = kStart;
  if (std::none_of(curves.begin(), curves.end(),
                   [](const FittedCurve* curve) { return curve->group.nodes == 1; })) {
    best[kBandwidthInside] = 0;
  }
  double least = objective(curves, best);
  double step = 2;
  for (int round = 0; round < kMostRounds && step > kSmallestStep; ++round) {
    const double before = least;
    for (const Values& candidate : neighbours_of(best, step)) {
      const double value = objective(curves, candidate);
      if (value >= least) continue;
      least = value;
      best = candidate;
    }
    if (least == before) step = std::sqrt(step);
  }
  return best;
}

}  // namespace

LinkParameters fit_links(const std::vector<FittedCurve>& curves) {
  const std::vector<const FittedCurve*> used = explained(curves);
  if (used.empty()) return {};
  Values values = search(used);
  for (std::size_t i = 0; i < kParameters; ++i) {
    if (!matters(used, i)) values[i] = 0;
  }
  return parameters_of(values);
}

FitErrors link_errors(const LinkParameters& links, const FittedCurve& curve) {
  std::vector<double> errors;
  for (const MeasuredPoint& point : curve.measured) {
    const auto time = time_over_links(links, curve.group, point.size);
    if (time) errors.push_back(std::abs(*time / point.time - 1));
  }
  return summary_of(errors);
}

}  // namespace seqspan::profiles
