// A plan on one screen of 24 lines and 80 columns: the answer, the fastest layouts, and what takes
// most of their time and memory, with bars.
#pragma once

#include <string>

#include "cli/render/style.hpp"
#include "planner/plan.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string plan_summary(const Style& style, const sim::Job& job,
                                       const planner::Plan& plan);

}  // namespace seqspan::cli
