// From measured points of one group to a monotone curve, and its errors.
//
// Times that rise stay as they are, those that fall are levelled (isotonic.hpp); between sizes the
// curve bends as sim/spec/measured_curve.hpp says. A switch is listed, and crossed like any
// other step: nobody measured where between the two sizes it lies, and a ramp is never wrong by the
// whole of it. `doubling`: where channels double with the size (p2p_channels.hpp).
#pragma once

#include <vector>

#include "profiles/fabric_profile/fabric_profile.hpp"
#include "profiles/fit/find_switches.hpp"
#include "profiles/fit/p2p_channels.hpp"

namespace seqspan::profiles {

// Points by size, at least 2 sizes; equal sizes may repeat.
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
