#include "cli/commands/validate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/plan_file.hpp"
#include "cli/ranks.hpp"
#include "cli/render/validation_csv.hpp"
#include "cli/render/validation_json.hpp"
#include "cli/render/validation_report.hpp"
#include "cli/write_file.hpp"
#include "real/launch/local_ranks.hpp"
#include "real/transport/nccl_transport.hpp"
#include "real/validate/validator.hpp"
#include "seqspan_config.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/spec/layout_text.hpp"
#include "sim/spec/sha256.hpp"

namespace seqspan::cli {
namespace {

constexpr std::int64_t kMostLocalRanks = 8;

// What all ranks must have in common, in few letters: build, inputs, settings and layout, and what
// is to be run. Ranks that differ would call MPI with different sizes.
std::string identity_of(const ValidateArguments& arguments, const PlannedLayout& plan) {
  std::string all = std::string(config::kVersion) + sim::to_string(plan.layout);
  for (const std::string& setting : arguments.plan.settings) all += "\n" + setting;
  for (const std::int64_t length : arguments.documents) all += fmt::format("\n{}", length);
  all += fmt::format("\n{} {} {} {}\n", arguments.numbers, arguments.time, arguments.warm_up,
                     arguments.repetitions);
  for (const sim::InputFile& file : plan.job.inputs) all += file.sha256;
  return fmt::format("seqspan {}, plan {}", config::kVersion, sim::sha256(all).substr(0, 16));
}

real::ValidatorOptions validator_options_of(const ValidateArguments& arguments,
                                            const PlannedLayout& plan, Output& output) {
  real::ValidatorOptions options;
  options.numbers = arguments.numbers;
  options.time = arguments.time;
  options.measure.warm_up = arguments.warm_up;
  options.measure.repetitions = arguments.repetitions;
  if (arguments.exchange_limit) options.measure.limit = *arguments.exchange_limit;
  options.documents = arguments.documents;
  options.identity = identity_of(arguments, plan);
  options.keep = [&arguments, &output](const std::string& done,
                                       const real::Validation& validation) -> sim::Result<void> {
    output.message(done + ": done\n");
    if (arguments.csv_file.empty()) return {};
    return write_file(arguments.csv_file, validation_csv(validation));
  };
  return options;
}

sim::Result<PlannedLayout> checked_plan(const ValidateArguments& arguments) {
  auto plan = read_plan_or_job(arguments.plan);
  if (!plan) return plan;
  sim::Simulator simulator(plan->job);
  if (const auto ok = simulator.check(); !ok) return tl::unexpected(ok.error());
  const sim::Training& training = plan->job.training;
  if (training.documents &&
      training.documents->context_parallel == sim::DocumentGroups::kPerDocument) {
    return sim::input_error("validate runs groups of one size",
                            "training.documents.context_parallel",
                            "groups that are made anew for each document are not executed",
                            "--set training.documents.context_parallel=fixed");
  }
  if (arguments.numbers && (training.scope != sim::TrainingScope::kStep ||
                            training.mask != sim::AttentionMask::kCausal)) {
    return sim::input_error(
        "--check cannot compute this job",
        training.scope != sim::TrainingScope::kStep ? "training.scope" : "training.mask",
        "it computes whole layers with causal attention",
        "leave out --check, or set scope to step and mask to causal");
  }
  return plan;
}

// MPI first: then what is wrong with the input is said by one rank, and not by each.
sim::Result<ExitCode> as_rank(const ValidateArguments& arguments, const DisplayOptions& display,
                              Output& output) {
  auto ranks = RankSession::start(
      arguments.backend, arguments.exchange_limit.value_or(real::MeasureOptions{}.limit), output);
  if (!ranks) return tl::unexpected(ranks.error());
  const auto read = checked_plan(arguments);
  if (!read) ranks->give_up(read.error());
  const PlannedLayout& plan = *read;
  real::ValidatorOptions options = validator_options_of(arguments, plan, output);
  options.groups_overdue = ranks->overdue("the groups of ranks have not been made");
  const auto validation = real::validate_plan(ranks->transport(), plan.job, plan.layout, options);
  if (!validation) ranks->give_up(validation.error());
  const bool is_first = ranks->is_first();
  ranks->end();
  if (!is_first) return ExitCode::kDone;
  const Verdict verdict = verdict_of(*validation, arguments.tolerance);
  if (display.json) {
    output.answer(validation_json(plan.job, plan.layout, *validation, verdict));
  } else {
    output.answer(validation_report(output.style(), plan.job, plan.layout, *validation, verdict));
  }
  return verdict.holds() ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace

sim::Result<ExitCode> validate_command(const ValidateArguments& arguments,
                                       const DisplayOptions& display, Output& output) {
  if (real::is_a_rank()) return as_rank(arguments, display, output);
  const auto plan = checked_plan(arguments);
  if (!plan) return tl::unexpected(plan.error());
  const std::int64_t ranks =
      arguments.ranks.value_or(std::min(plan->layout.world(), kMostLocalRanks));
  if (ranks > plan->layout.world()) {
    return sim::input_error(fmt::format("{} ranks for a plan of {}", ranks, plan->layout.world()),
                            "--ranks", "the plan has no work for the others",
                            fmt::format("--ranks {}", plan->layout.world()));
  }
  // One line here, rather than one from each rank.
  if (is_on_gpus(arguments.backend)) {
    if (const auto there = real::check_gpus(); !there) return tl::unexpected(there.error());
  }
  return run_on_local_ranks(
      ranks, arguments.words, display,
      arguments.exchange_limit.value_or(real::MeasureOptions{}.limit),
      arguments.csv_file.empty() ? "" : "what was measured before is in " + arguments.csv_file,
      output);
}

}  // namespace seqspan::cli
