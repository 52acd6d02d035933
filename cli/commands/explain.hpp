// seqspan explain: a reason code, a field of a job, or the list of what can be explained.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> explain_command(const ExplainArguments& arguments,
                                                    const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
