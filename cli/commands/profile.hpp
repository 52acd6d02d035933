// seqspan profile: reads logs of benchmarks (import), makes a fabric profile of them (fit), and
// shows one, measured against fitted (show). docs/tasks/import-measurements.md
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> profile_command(const ProfileArguments& arguments,
                                                    const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
