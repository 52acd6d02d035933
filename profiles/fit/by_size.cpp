#include "profiles/fit/by_size.hpp"

#include "profiles/fit/isotonic.hpp"

namespace seqspan::profiles {

sim::CurveKnot AtSize::middle() const { return {size, sim::Seconds(geometric_median(seconds))}; }

std::vector<AtSize> by_size(const std::vector<MeasuredPoint>& points) {
  std::vector<AtSize> sizes;
  for (const MeasuredPoint& point : points) {
    if (sizes.empty() || sizes.back().size != point.size) sizes.push_back({point.size, {}});
    sizes.back().seconds.push_back(point.time.value());
  }
  return sizes;
}

}  // namespace seqspan::profiles
