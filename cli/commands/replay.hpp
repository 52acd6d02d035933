// seqspan replay: predictions against published measurements.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> replay_command(const ReplayArguments& arguments,
                                                   const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
