// A plan for people: the best layout and what it is like, those behind it, and why others are out.
#pragma once

#include <string>

#include "cli/render/style.hpp"
#include "planner/plan.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// The first lines: the best layout, whether it fits, how fast it is and what bounds it.
[[nodiscard]] std::string plan_answer(const Style& style, const sim::Job& job,
                                      const planner::Plan& plan);

[[nodiscard]] std::string plan_report(const Style& style, const sim::Job& job,
                                      const planner::Plan& plan);

// What to type next. `job_words`: what names the job on the command line.
[[nodiscard]] std::string next_commands(const Style& style, const sim::Job& job,
                                        const planner::Plan& plan, const std::string& job_words);

}  // namespace seqspan::cli
