// seqspan version: which version, and built with what.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> version_command(const VersionArguments& arguments,
                                                    const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
