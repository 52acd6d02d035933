// The program of the layout that `profile run --job` names.
#pragma once

#include "cli/arguments.hpp"
#include "sim/errors/error.hpp"
#include "sim/program/program.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::cli {

struct JobProgram {
  sim::Job job;
  sim::Layout layout;
  sim::Program program;
};

// Errors: kInput where the job or the layout is wrong; kEnvironment where a file cannot be read.
[[nodiscard]] sim::Result<JobProgram> read_job_program(const ProfileArguments& arguments);

}  // namespace seqspan::cli
