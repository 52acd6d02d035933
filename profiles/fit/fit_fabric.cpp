#include "profiles/fit/fit_fabric.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "profiles/fit/by_size.hpp"
#include "profiles/fit/fit_curve.hpp"
#include "profiles/fit/fit_links.hpp"
#include "profiles/fit/link_model.hpp"
#include "profiles/fit/p2p_channels.hpp"
#include "profiles/fit/sibling_curve.hpp"

namespace seqspan::profiles {
namespace {

struct Gathered {
  std::vector<MeasuredPoint> out_of_place;
  std::vector<MeasuredPoint> in_place;
};
using Key = std::tuple<MeasuredGroup, std::string>;

std::map<Key, Gathered> gather(const std::vector<ImportedLog>& logs) {
  std::map<Key, Gathered> gathered;
  for (const ImportedLog& log : logs) {
    for (const MeasurementSet& set : log.sets) {
      Gathered& into = gathered[{set.group, set.variant}];
      const bool apart = set.in_place && set.group.collective != CollectiveKind::kAllReduce;
      std::vector<MeasuredPoint>& points = apart ? into.in_place : into.out_of_place;
      points.insert(points.end(), set.points.begin(), set.points.end());
    }
  }
  return gathered;
}

// Nothing where all points have one size.
std::optional<FittedCurve> fit(const Key& key, const Gathered& gathered) {
  FittedCurve fitted;
  std::tie(fitted.group, fitted.variant) = key;
  fitted.measured = gathered.out_of_place.empty() ? gathered.in_place : gathered.out_of_place;
  std::stable_sort(fitted.measured.begin(), fitted.measured.end(),
                   [](const MeasuredPoint& a, const MeasuredPoint& b) { return a.size < b.size; });
  if (by_size(fitted.measured).size() < kLeastSizes) return std::nullopt;
  const ChannelDoubling doubling = doubling_of(fitted.group);
  fitted.curve = fit_curve(fitted.measured, doubling);
  fitted.switches = find_switches(fitted.measured);
  fitted.fitted = errors_of(fitted.curve, fitted.measured);
  fitted.left_out = summary_of(left_out_errors(fitted.measured, true, doubling));
  fitted.left_out_beside_no_switch = summary_of(left_out_errors(fitted.measured, false, doubling));
  return fitted;
}

// One per file and origin.
std::vector<ProfileSource> sources_of(const std::vector<ImportedLog>& logs) {
  std::vector<ProfileSource> sources;
  for (const ImportedLog& log : logs) {
    for (const MeasurementSet& set : log.sets) {
      ProfileSource source{log.file.path, log.file.sha256, set.source, set.date};
      if (std::find(sources.begin(), sources.end(), source) == sources.end()) {
        sources.push_back(std::move(source));
      }
    }
  }
  return sources;
}

const FittedCurve* find_curve(const FabricProfile& profile, const MeasuredGroup& group) {
  // Curves are ordered by group, then variant, and "" comes first.
  for (const FittedCurve& curve : profile.curves) {
    if (curve.group == group) return &curve;
  }
  return nullptr;
}

std::optional<MeasuredGroup> sibling_of(MeasuredGroup group) {
  if (group.collective == CollectiveKind::kAllGather) {
    group.collective = CollectiveKind::kReduceScatter;
  } else if (group.collective == CollectiveKind::kReduceScatter) {
    group.collective = CollectiveKind::kAllGather;
  } else {
    return std::nullopt;
  }
  return group;
}

}  // namespace

const char* name_of(PredictedBy by) {
  switch (by) {
    case PredictedBy::kCurve:
      return "curve";
    case PredictedBy::kSibling:
      return "sibling";
    case PredictedBy::kLinks:
      return "links";
  }
  return "";
}

sim::Result<FabricProfile> fit_fabric(const std::string& name,
                                      const std::vector<ImportedLog>& logs) {
  FabricProfile profile;
  profile.name = name;
  profile.sources = sources_of(logs);
  for (const auto& [key, gathered] : gather(logs)) {
    if (auto curve = fit(key, gathered)) profile.curves.push_back(*std::move(curve));
  }
  if (profile.curves.empty()) {
    return sim::input_error("nothing to fit: no group was measured at two sizes",
                            logs.empty() ? "" : logs.front().file.path,
                            "a curve needs at least 2 sizes of one collective on one group",
                            "measure another size, or add the log that has it");
  }
  profile.links = fit_links(profile.curves);
  for (FittedCurve& curve : profile.curves) curve.links = link_errors(profile.links, curve);
  return profile;
}

std::optional<Prediction> predict(const FabricProfile& profile, const MeasuredGroup& group,
                                  sim::Bytes size) {
  if (const FittedCurve* curve = find_curve(profile, group)) {
    return Prediction{curve->curve.time(size), PredictedBy::kCurve};
  }
  if (const auto sibling = sibling_of(group)) {
    if (const FittedCurve* curve = find_curve(profile, *sibling)) {
      return Prediction{sibling_curve(curve->curve, *sibling).time(size), PredictedBy::kSibling};
    }
  }
  const auto time = time_over_links(profile.links, group, size);
  return time ? std::optional(Prediction{*time, PredictedBy::kLinks}) : std::nullopt;
}

}  // namespace seqspan::profiles
