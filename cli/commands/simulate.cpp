#include "cli/commands/simulate.hpp"

#include "cli/commands/job.hpp"
#include "cli/commands/layout.hpp"
#include "cli/render/result_json.hpp"
#include "cli/render/simulation_report.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/program/print.hpp"

namespace seqspan::cli {
sim::Result<ExitCode> simulate_command(const SimulateArguments& arguments,
                                       const DisplayOptions& display, Output& output) {
  const sim::Result<sim::Job> job = read_job(arguments.job);
  if (!job) return tl::unexpected(job.error());
  const sim::Result<sim::Layout> layout = read_layout(arguments.layout, arguments.job, *job);
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
