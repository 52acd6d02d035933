// The sentence that says what a runner-up loses.
#pragma once

#include <string>

#include "planner/objective.hpp"
#include "sim/engine/simulator.hpp"

namespace seqspan::planner {

// What `other` loses against the layout that ranks first.
[[nodiscard]] std::string loss_of(Objective objective, const sim::Simulation& best,
                                  const sim::Simulation& other);
// "4.2 % slower: context_parallel_communication +0.81 s": the share that grew most.
[[nodiscard]] std::string loss_against(const sim::Simulation& best, const sim::Simulation& other);

}  // namespace seqspan::planner
