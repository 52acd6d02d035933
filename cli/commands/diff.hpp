// seqspan diff: two plans or results (--json), value by value.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

// kNo where they differ, as diff has it.
[[nodiscard]] sim::Result<ExitCode> diff_command(const DiffArguments& arguments,
                                                 const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
