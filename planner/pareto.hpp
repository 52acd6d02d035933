// Step time against peak memory: the layouts that no other beats in both.
#pragma once

#include <span>
#include <vector>

#include "planner/objective.hpp"

namespace seqspan::planner {

class ParetoFront {
 public:
  // Of layouts equal in both, the first by text stays.
  void add(const Candidate& candidate);

  // Whether a layout with this peak is off the front, whatever its step, which is at least
  // `least_step`.
  [[nodiscard]] bool beats(sim::Bytes peak, sim::Seconds least_step) const;

  // Fastest first, each next one slower and smaller.
  [[nodiscard]] std::span<const Candidate> layouts() const { return front_; }

 private:
  std::vector<Candidate> front_;
};

}  // namespace seqspan::planner
