// seqspan simulate: memory, time and traffic of one layout. kNo when it does not fit.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> simulate_command(const SimulateArguments& arguments,
                                                     const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
