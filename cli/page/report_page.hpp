// The report: a plan as one page that loads nothing (docs/tasks/report.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/arguments.hpp"
#include "cli/render/training_answer.hpp"
#include "planner/plan.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

struct ReportContent {
  const sim::Job& job;
  const JobArguments& given;  // what the job was read from
  const planner::Plan& plan;
  const TrainingAnswer* training = nullptr;    // of a token budget
  const nlohmann::json* validation = nullptr;  // what `validate --json` has printed
};

// With a simulator of the job whose check() is good.
[[nodiscard]] std::string report_page(const ReportContent& content, sim::Simulator& simulator);

}  // namespace seqspan::cli
