// How else the GPUs that share a sequence could share it, and what grouped KV heads cost each way.
#pragma once

#include <string>

#include "cli/render/style.hpp"
#include "planner/plan.hpp"

namespace seqspan::cli {

// Empty where one GPU has the sequence.
[[nodiscard]] std::string groups_section(const Style& style, const sim::Job& job,
                                         const planner::Plan& plan);

}  // namespace seqspan::cli
