// Parts of a report that are about the job, not about one layout.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "planner/plan.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// Layouts by the reason for which they are refused.
[[nodiscard]] std::string rejections_html(const sim::Job& job, const planner::Plan& plan);
// What the numbers of the device and the network rest on: measured, a data sheet, or assumed.
[[nodiscard]] std::string assumptions_html(const sim::Job& job);
// The files that were read, with their digests, and what is odd about them.
[[nodiscard]] std::string inputs_html(const sim::Job& job);
// Predicted against measured, of what `validate --json` has printed.
[[nodiscard]] std::string validation_html(const nlohmann::json& validation);

}  // namespace seqspan::cli
