// Runs what a plan would run, on the ranks at hand, and holds it against what was predicted.
//
//   as many ranks as the plan   every block of every part with all its streams: communications for
//                               real, compute as waits of the predicted time (block_runner.hpp)
//   fewer                       every communication on its own, in groups of its axis that fit the
//                               ranks, against the prediction for such groups (sub_cluster.hpp)
//   numbers                     a layer of small shapes in the plan's layout (layer_check.hpp)
//
// With documents (context_parallel=fixed) the numbers are those of sequences packed of some; blocks
// and communications are as without: they send and keep the same.
//
// Collective: all ranks call the same functions in the same order, and all get the same answers,
// but for the ops and blocks, which rank 0 alone has.
//
// Errors: kEnvironment where ranks disagree on what they validate, a communication exceeds its
// limit, memory runs out; kInput where there are more ranks than the plan has.
#pragma once

#include <functional>

#include "real/validate/validation.hpp"
#include "sim/network/network.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::real {

struct ValidatorOptions {
  bool numbers = true;
  bool time = true;
  MeasureOptions measure;
  std::vector<std::int64_t> documents;  // for the numbers; else as the job has them
  // Called, from a thread of its own, where making groups of ranks takes longer than the limit of
  // an exchange; has to end the process, which waits inside MPI.
  std::function<void()> groups_overdue;
  // What all ranks must have in common: version and inputs.
  std::string identity;
  // Called after each piece of the work with its name and what there is so far, on rank 0: to keep
  // it if the rest fails.
  std::function<sim::Result<void>(const std::string& done, const Validation&)> keep;
};

// The layout must be legal for the job; documents in groups of their own are not run.
[[nodiscard]] sim::Result<Validation> validate_plan(Transport& transport, const sim::Job& job,
                                                    const sim::Layout& layout,
                                                    const ValidatorOptions& options);

}  // namespace seqspan::real
