// A search and what it says of the whole run: of the commands that plan.
#pragma once

#include <optional>

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/render/training_answer.hpp"
#include "planner/plan.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// A plan of a job, and of the whole run where that was asked for. With --minimize the job is the
// one on the chosen cluster, and `given` what makes it.
struct PlanAnswer {
  sim::Job job;
  JobArguments given;
  AskedOptions asked;  // without --minimize, once a cluster is chosen
  planner::Plan plan;
  std::optional<TrainingAnswer> training;
};

// Searches, with a bar on a terminal; Ctrl-C ends the search with what it has, and a warning.
// Errors: kInput where the job cannot be read or its cluster not be simulated; kEnvironment.
[[nodiscard]] sim::Result<PlanAnswer> answer_of(const PlanQuestion& question, Output& output);

// kNo: nothing fits, or not within the deadline.
[[nodiscard]] ExitCode exit_code_of(const PlanAnswer& answer);

}  // namespace seqspan::cli
