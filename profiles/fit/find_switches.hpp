// Steps between two measured sizes where a library changed its protocol or algorithm.
//
// With slope = d log(time) / d log(size) between neighbouring sizes, latency + bytes / bandwidth
// has slopes that rise from 0 to 1 and never fall, and the line through two sizes passes through
// the next. So a step is
//   slower  where its slope is above 1.08, or stands out of both neighbours (0.3 above the next,
//           0.15 above the one before), and the lines of the two sides miss each other there: the
//           left one, continued, is below the next time, and the right one above the last
//   faster  where its slope is 0.3 below the one before, itself no switch, and the time below the
//           left line
//   falls   where the time falls by more than 10 %
// Lines must be missed by more than 10 %, and by more than 3 times the scatter of the curve: 1.48
// times the median distance of a size's time from the line between its two neighbours, which is
// the standard deviation if the distances are normal.
//
// Noise is none of them: a time that is above the line from the left and falls again with the next
// size (one slow run), and a first size that is slower than the second (a cold start).
#pragma once

#include <vector>

#include "profiles/fabric_profile/fabric_profile.hpp"
#include "profiles/fit/by_size.hpp"

namespace seqspan::profiles {

[[nodiscard]] std::vector<Switch> find_switches(const std::vector<AtSize>& sizes);
// Points by size; equal sizes may repeat.
[[nodiscard]] std::vector<Switch> find_switches(const std::vector<MeasuredPoint>& points);

}  // namespace seqspan::profiles
