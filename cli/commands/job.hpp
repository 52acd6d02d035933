// The job of a command: read, and written again as the words that name it.
#pragma once

#include <string>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// Errors: kInput, kEnvironment.
[[nodiscard]] sim::Result<sim::Job> read_job(const JobArguments& arguments);

// "configs/jobs/a.json --set training.sequence_length=64K": what to type for the same job.
[[nodiscard]] std::string command_text(const JobArguments& arguments);

// What is odd about the job, though accepted.
void print_warnings(const sim::Job& job, Output& output);

}  // namespace seqspan::cli
