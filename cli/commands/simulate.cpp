#include "cli/commands/simulate.hpp"

#include "cli/commands/job.hpp"
#include "cli/commands/layout.hpp"
#include "cli/render/result_json.hpp"
#include "cli/render/simulation_report.hpp"
#include "cli/trace/gzip.hpp"
#include "cli/trace/trace.hpp"
#include "cli/write_file.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/program/print.hpp"

namespace seqspan::cli {
namespace {

constexpr std::string_view kPacked = ".gz";

bool is_packed(const std::string& file) {
  return file.size() >= kPacked.size() &&
         file.compare(file.size() - kPacked.size(), kPacked.size(), kPacked) == 0;
}

sim::Result<void> write_trace(const SimulateArguments& arguments, const sim::Job& job,
                              const sim::Layout& layout, sim::Simulator& simulator,
                              Output& output) {
  const std::string& file = arguments.trace_file;
  const TraceDetail detail = arguments.trace_detail ? TraceDetail::kAll : TraceDetail::kSome;
  const sim::StepTimeline timeline = simulator.timeline(layout);
  const sim::Result<std::string> text =
      trace_json(job, timeline, simulator.other_ranks(timeline), detail);
  if (!text) return tl::unexpected(text.error());
  if (file == "-") {
    output.answer(*text);
    return {};
  }
  sim::Result<void> written = write_file(file, is_packed(file) ? gzip(*text) : *text);
  if (!written) return written;
  output.message("wrote " + file + ", for ui.perfetto.dev and seqspan trace summary\n");
  return {};
}

}  // namespace

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
  if (!arguments.trace_file.empty()) {
    const sim::Result<void> written = write_trace(arguments, *job, *layout, simulator, output);
    if (!written) return tl::unexpected(written.error());
  }
  const sim::Simulation simulation = simulator.simulate(*layout, true);
  if (arguments.trace_file == "-") {
    print_warnings(*job, output);
  } else if (display.json) {
    output.answer(simulation_json(*job, simulation));
  } else {
    output.answer(simulation_report(output.style(), *job, simulation));
    print_warnings(*job, output);
  }
  return simulation.fits ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace seqspan::cli
