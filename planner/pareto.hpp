// Step time against peak memory: the layouts that no other beats in both.
#pragma once

#include <vector>

#include "planner/plan.hpp"

namespace seqspan::planner {

// `candidates` sorted by `faster`. Fastest first, each next one slower and smaller; of layouts
// equal in both, the first.
[[nodiscard]] std::vector<Candidate> pareto_front(const std::vector<Candidate>& candidates);

}  // namespace seqspan::planner
