// The report: a plan as one page that loads nothing (docs/tasks/report.md).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "planner/plan.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// `given`: what the job was read from. `validation`: what `validate --json` has printed.
[[nodiscard]] std::string report_page(const sim::Job& job, const JobArguments& given,
                                      const planner::Plan& plan, sim::Simulator& simulator,
                                      const std::optional<nlohmann::json>& validation);

}  // namespace seqspan::cli
