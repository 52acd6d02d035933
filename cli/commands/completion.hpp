// seqspan completion: what a shell sources to complete commands, options, shipped names and files.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> completion_command(const CompletionArguments& arguments,
                                                       Output& output);

}  // namespace seqspan::cli
