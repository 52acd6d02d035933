// A plan that `seqspan plan -o` has written, as the job and the layout that it stands for.
#pragma once

#include <cstdint>
#include <string>

#include "cli/arguments.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::cli {

struct PlannedLayout {
  sim::Job job;
  sim::Layout layout;
};

// The job read again from the files that the plan names, and its layout of that rank (1: the best).
//
// Errors: kInput where the file is no plan (what it was given, its inputs or the layout are missing
// or of another kind), has no layout of that rank, or where a file that it was made from is not
// what it was (by SHA-256): a plan of another job says nothing about this one; kEnvironment.
[[nodiscard]] sim::Result<PlannedLayout> read_plan(const std::string& file, std::int64_t rank);

// Whether the file looks like what `plan -o` writes, not like a job. A pipe, which can be read only
// once, is taken for a job.
[[nodiscard]] bool is_plan_file(const std::string& file);

// What a plan was made of, and how it was asked for.
struct PlanGiven {
  JobArguments job;
  AskedOptions asked;
};
// Of a plan whose files are what they were. Errors: as read_plan().
[[nodiscard]] sim::Result<PlanGiven> read_plan_given(const std::string& file);

// The plan's layout, or with a layout that of the job. Errors: as read_plan(), read_layout().
[[nodiscard]] sim::Result<PlannedLayout> read_plan_or_job(const PlanOrJobArguments& arguments);

}  // namespace seqspan::cli
