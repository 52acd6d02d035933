#include "profiles/fit/compare.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "profiles/fit/by_size.hpp"
#include "profiles/fit/fit_curve.hpp"

namespace seqspan::profiles {
namespace {

const FittedCurve* find_curve(const FabricProfile& profile, const MeasurementSet& set) {
  const auto found =
      std::find_if(profile.curves.begin(), profile.curves.end(), [&](const FittedCurve& curve) {
        return curve.group == set.group && curve.variant == set.variant;
      });
  return found != profile.curves.end() ? &*found : nullptr;
}

}  // namespace

sim::Result<std::vector<ComparedPoint>> compare(const FabricProfile& profile,
                                                const std::vector<ImportedLog>& logs) {
  std::map<std::tuple<MeasuredGroup, std::string>,
           std::pair<const FittedCurve*, std::vector<MeasuredPoint>>>
      measured;
  for (const ImportedLog& log : logs) {
    for (const MeasurementSet& set : log.sets) {
      if (set.in_place && set.group.collective != CollectiveKind::kAllReduce) continue;
      const FittedCurve* curve = find_curve(profile, set);
      if (curve == nullptr) {
        return sim::input_error("the profile has no curve of " + show(set), set.file,
                                "only what was measured for it can be compared",
                                "fit a log of this group too, or leave it out of this one");
      }
      auto& [of, points] = measured[{set.group, set.variant}];
      of = curve;
      points.insert(points.end(), set.points.begin(), set.points.end());
    }
  }

  std::vector<ComparedPoint> compared;
  for (auto& [key, found] : measured) {
    auto& [curve, points] = found;
    std::stable_sort(points.begin(), points.end(),
                     [](const auto& a, const auto& b) { return a.size < b.size; });
    for (const AtSize& at : by_size(points)) {
      const bool is_fitted =
          std::any_of(curve->measured.begin(), curve->measured.end(),
                      [&](const MeasuredPoint& point) { return point.size == at.size; });
      compared.push_back({std::get<0>(key), std::get<1>(key), at.size,
                          static_cast<std::int64_t>(at.seconds.size()), at.middle().time,
                          curve->curve.time(at.size), is_fitted});
    }
  }
  return compared;
}

FitErrors errors_of(const std::vector<ComparedPoint>& points) {
  std::vector<double> errors;
  errors.reserve(points.size());
  for (const ComparedPoint& point : points) errors.push_back(std::abs(point.error()));
  return summary_of(errors);
}

}  // namespace seqspan::profiles
