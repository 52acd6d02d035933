// seqspan memory: what-if questions about memory.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

// kNo where nothing that was asked about fits.
[[nodiscard]] sim::Result<ExitCode> memory_command(const MemoryArguments& arguments,
                                                   const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
