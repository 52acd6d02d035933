// What is said of a key of the best layout changed alone.
#pragma once

#include <string>

#include "planner/alternatives.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// The rule, the memory that is lacking, or what the step loses.
[[nodiscard]] std::string alternative_text(const sim::Job& job,
                                           const planner::Alternative& alternative);

}  // namespace seqspan::cli
