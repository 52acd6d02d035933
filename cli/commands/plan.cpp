#include "cli/commands/plan.hpp"

#include <fmt/format.h>

#include "cli/commands/job.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/render/plan_report.hpp"
#include "cli/render/result_json.hpp"
#include "cli/write_file.hpp"
#include "planner/plan.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {

namespace {

planner::Plan search(sim::Simulator& simulator, const PlanArguments& arguments, Output& output) {
  const Interrupt interrupt;
  Progress progress(output, "searching");
  planner::PlanOptions options;
  options.best = arguments.best;
  options.objective = arguments.objective;
  options.stop = &interrupt.flag();
  options.progress = [&progress](double done) { progress.show(done); };
  return planner::make_plan(simulator, options);
}

}  // namespace

sim::Result<ExitCode> plan_command(const PlanArguments& arguments, const DisplayOptions& display,
                                   Output& output) {
  const sim::Result<sim::Job> job = read_job(arguments.job);
  if (!job) return tl::unexpected(job.error());
  sim::Simulator simulator(*job);
  if (const sim::Result<void> ok = simulator.check(); !ok) return tl::unexpected(ok.error());
  const planner::Plan plan = search(simulator, arguments, output);

  if (plan.interrupted) {
    output.warning("interrupted: this is the best of what was seen, not of all");
  }
  // The file first: it is whole even if nobody reads the rest.
  const bool to_answers = display.json || arguments.output_file == "-";
  const bool to_file = !arguments.output_file.empty() && arguments.output_file != "-";
  const std::string json = to_answers || to_file ? plan_json(*job, arguments.job, plan) : "";
  if (to_file) {
    const sim::Result<void> written = write_file(arguments.output_file, json);
    if (!written) return tl::unexpected(written.error());
  }
  if (to_answers) {
    output.answer(json);
  } else {
    output.answer(plan_report(output.style(), *job, plan));
    print_warnings(*job, output);
    output.message(
        fmt::format("searched in {}\n", sim::format_time(sim::Seconds(plan.search_seconds))));
    output.answer(next_commands(output.style(), *job, plan, command_text(arguments.job)));
  }
  if (to_file) output.message(fmt::format("wrote {}\n", arguments.output_file));
  return plan.best.empty() ? ExitCode::kNo : ExitCode::kDone;
}

}  // namespace seqspan::cli
