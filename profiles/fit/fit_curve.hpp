// From measured points of one group to a monotone curve, its switches and its errors.
//
// Switches. With slope = d log(time) / d log(size) between neighbouring sizes, latency + bytes /
// bandwidth has slopes that rise from 0 to 1 and never fall. So
//   slower  a slope above 1.08 (bandwidth falls), or a slope that stands out of both neighbours:
//           0.3 above the next and 0.15 above the one before
//   faster  a slope 0.3 below the one before, where that one does not stand out
//   falls   the time falls by more than 10 %
// Only a slower switch that the next size does not take back is drawn as a jump, halfway (in the
// logarithm) between the two sizes, each side continued on its own line; where a falling or flat
// time has to stay monotone nothing jumps.
//
// `doubling`: where channels double with the size (p2p_channels.hpp).
#pragma once

#include <vector>

#include "profiles/fabric_profile/fabric_profile.hpp"
#include "profiles/fit/p2p_channels.hpp"

namespace seqspan::profiles {

// Points by size, at least 2 sizes; equal sizes may repeat.
[[nodiscard]] std::vector<Switch> find_switches(const std::vector<MeasuredPoint>& points);

[[nodiscard]] sim::MeasuredCurve fit_curve(const std::vector<MeasuredPoint>& points,
                                           const ChannelDoubling& doubling = {});

// Of the curve against the geometric median at each size.
[[nodiscard]] FitErrors errors_of(const sim::MeasuredCurve& curve,
                                  const std::vector<MeasuredPoint>& points);

// Every second size, from the second on, left out of the fit and predicted by it. With
// `beside_switches` false, sizes next to a switch of the whole curve are not counted.
[[nodiscard]] std::vector<double> left_out_errors(const std::vector<MeasuredPoint>& points,
                                                  bool beside_switches,
                                                  const ChannelDoubling& doubling = {});

// Median and largest of `errors`, none of which is negative.
[[nodiscard]] FitErrors summary_of(const std::vector<double>& errors);

}  // namespace seqspan::profiles
