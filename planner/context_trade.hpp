// Context parallel groups against data parallel ranks: with documents of different lengths, larger
// groups leave fewer ranks, each with more rows, whose attention averages out; their communication
// costs more.
#pragma once

#include <span>
#include <vector>

#include "planner/objective.hpp"

namespace seqspan::planner {

// Of each context parallel size the fastest layout.
class ContextTrade {
 public:
  void add(const Candidate& candidate);

  // Whether the layout is not the fastest of its size, whatever its step, which is at least
  // `least_step`.
  [[nodiscard]] bool beats(const sim::Layout& layout, sim::Seconds least_step) const;

  // Smallest size first.
  [[nodiscard]] std::span<const Candidate> layouts() const { return fastest_; }

 private:
  std::vector<Candidate> fastest_;
};

}  // namespace seqspan::planner
