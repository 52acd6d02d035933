// Context parallel groups against data parallel ranks: with documents of different lengths, larger
// groups leave fewer ranks, each with more rows, whose attention averages out; their communication
// costs more.
#pragma once

#include <vector>

#include "planner/plan.hpp"

namespace seqspan::planner {

// Of each context parallel size the fastest layout, smallest size first. `candidates` sorted by
// `faster`.
[[nodiscard]] std::vector<Candidate> context_trade(const std::vector<Candidate>& candidates);

}  // namespace seqspan::planner
