#include "cli/commands/simulate.hpp"

#include <fmt/format.h>

#include "cli/commands/job.hpp"
#include "cli/render/result_json.hpp"
#include "cli/render/simulation_report.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/program/print.hpp"
#include "sim/spec/layout_text.hpp"

namespace seqspan::cli {
namespace {

// The layout of the command line over the job's own.
sim::Result<sim::Layout> layout_of(const SimulateArguments& arguments, const sim::Job& job) {
  if (!arguments.layout) {
    return sim::input_error(
        "which layout?", {}, {},
        fmt::format("--layout tp=2,ulysses=4 (or --layout '' for the framework's defaults); "
                    "seqspan plan {} finds the fastest",
                    command_text(arguments.job)));
  }
  const sim::Result<sim::LayoutChoice> given = sim::read_layout(*arguments.layout);
  if (!given) return tl::unexpected(given.error());
  const sim::LayoutChoice choice = sim::override_with(*given, job.layout);
  sim::Result<sim::Layout> layout = sim::resolve_legal(job, choice);
  if (layout) return layout;
  sim::Error error = layout.error();
  if (const auto code = sim::broken_rule(job, sim::resolve(job, choice))) {
    error.where = "--layout " + *arguments.layout;
    error.fix += fmt::format(" More: seqspan explain {}", sim::facts_of(*code).name);
  }
  return tl::unexpected(std::move(error));
}

}  // namespace

sim::Result<ExitCode> simulate_command(const SimulateArguments& arguments,
                                       const DisplayOptions& display, Output& output) {
  const sim::Result<sim::Job> job = read_job(arguments.job);
  if (!job) return tl::unexpected(job.error());
  const sim::Result<sim::Layout> layout = layout_of(arguments, *job);
  if (!layout) return tl::unexpected(layout.error());

  sim::Simulator simulator(*job);
  if (const sim::Result<void> ok = simulator.check(); !ok) return tl::unexpected(ok.error());
  if (arguments.program) {
    output.answer(sim::to_text(simulator.program_of(*layout)));
    return ExitCode::kDone;
  }
  const sim::Simulation simulation = simulator.simulate(*layout);
  if (display.json) {
    output.answer(simulation_json(*job, simulation));
  } else {
    output.answer(simulation_report(output.style(), *job, simulation));
    print_warnings(*job, output);
  }
  return simulation.fits ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace seqspan::cli
