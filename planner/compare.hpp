// The sentence that says what a runner-up loses.
#pragma once

#include <string>

#include "sim/engine/simulator.hpp"

namespace seqspan::planner {

// "4.2 % slower: context_parallel_communication +0.81 s": the share that grew most.
[[nodiscard]] std::string loss_against(const sim::Simulation& best, const sim::Simulation& other);

}  // namespace seqspan::planner
