// From what a command returns, or throws, to what is said about it and the exit code.
#pragma once

#include <functional>

#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

// Runs `command` and finishes the output. An error goes to the messages. An exception is a fault of
// ours: it is said so, and the code is kFault.
[[nodiscard]] int report(const std::function<sim::Result<ExitCode>()>& command, Output& output);

}  // namespace seqspan::cli
