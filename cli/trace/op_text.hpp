// What a trace says of an op: the same for every execution.
#pragma once

#include <string>
#include <vector>

#include "sim/engine/step_timeline.hpp"

namespace seqspan::cli {

// By op of the program, members of the "args" of its slices.
[[nodiscard]] std::vector<std::string> op_args(const sim::StepTimeline& timeline);

[[nodiscard]] const char* category_of(const sim::Op& op);

}  // namespace seqspan::cli
