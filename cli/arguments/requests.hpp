// The arguments of each command, from its parsed line. Errors: kInput.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/parser.hpp"

namespace seqspan::cli {

// A job file, or a model and a cluster by name: of the commands that take one.
[[nodiscard]] sim::Result<JobArguments> job_of(const ParsedLine& line);
// A plan, or a job and a --layout: of the commands that take either.
[[nodiscard]] sim::Result<PlanOrJobArguments> plan_or_job_of(const ParsedLine& line);
// What to search for: of the commands that plan.
[[nodiscard]] sim::Result<PlanQuestion> plan_question_of(const ParsedLine& line);
// The same of a job that is known, and of the options that a plan file says it was asked with.
[[nodiscard]] sim::Result<PlanQuestion> plan_question_of(JobArguments job,
                                                         const AskedOptions& asked);

[[nodiscard]] sim::Result<Request> plan_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> simulate_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> memory_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> cluster_of(const ParsedLine& line);
// `words`: the whole command line, for the ranks that are started.
[[nodiscard]] sim::Result<Request> profile_of(const ParsedLine& line,
                                              const std::vector<std::string>& words);
[[nodiscard]] sim::Result<Request> validate_of(const ParsedLine& line,
                                               const std::vector<std::string>& words);
[[nodiscard]] sim::Result<Request> diff_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> export_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> import_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> explain_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> report_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> serve_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> trace_of(const ParsedLine& line);
[[nodiscard]] sim::Result<Request> replay_of(const ParsedLine& line);

}  // namespace seqspan::cli
