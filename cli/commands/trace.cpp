#include "cli/commands/trace.hpp"

#include "cli/trace/read_trace.hpp"
#include "cli/trace/summary.hpp"

namespace seqspan::cli {

sim::Result<ExitCode> trace_command(const TraceArguments& arguments, const DisplayOptions& display,
                                    Output& output) {
  const auto trace = read_trace(arguments.file);
  if (!trace) return tl::unexpected(trace.error());
  const TraceSummary summary = summary_of(*trace);
  output.answer(display.json ? trace_summary_json(summary)
                             : trace_summary_text(output.style(), summary));
  return ExitCode::kDone;
}

}  // namespace seqspan::cli
