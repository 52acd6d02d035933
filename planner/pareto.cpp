#include "planner/pareto.hpp"

#include <algorithm>

namespace seqspan::planner {

bool ParetoFront::beats(sim::Bytes peak, sim::Seconds least_step) const {
  // The last one that is faster is the smallest of those.
  const auto slower = std::lower_bound(front_.begin(), front_.end(), least_step,
                                       [](const Candidate& candidate, sim::Seconds step) {
                                         return candidate.evaluation.step < step;
                                       });
  return slower != front_.begin() && std::prev(slower)->evaluation.peak <= peak;
}

void ParetoFront::add(const Candidate& candidate) {
  const auto place = std::lower_bound(front_.begin(), front_.end(), candidate, faster);
  if (place != front_.begin() && std::prev(place)->evaluation.peak <= candidate.evaluation.peak) {
    return;
  }
  const auto end = std::find_if(place, front_.end(), [&](const Candidate& other) {
    return other.evaluation.peak < candidate.evaluation.peak;
  });
  const auto rest = front_.erase(place, end);
  front_.insert(rest, candidate);
}

}  // namespace seqspan::planner
