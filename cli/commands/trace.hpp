// seqspan trace summary: what a trace shows, in text.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> trace_command(const TraceArguments& arguments,
                                                  const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
