// The order of a plan, and the sentence that says what a runner-up loses.
#pragma once

#include <string>

#include "planner/plan.hpp"

namespace seqspan::planner {

// By step time, then peak memory, then the layout's text: a total order, the same on every run.
[[nodiscard]] bool faster(const Candidate& a, const Candidate& b);

// "4.2 % slower: context_parallel_communication +0.81 s": the share that grew most.
[[nodiscard]] std::string loss_against(const sim::Simulation& best, const sim::Simulation& other);

}  // namespace seqspan::planner
