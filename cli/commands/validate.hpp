// seqspan validate: a plan's communication and numbers for real, held against the prediction.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

// kNo where numbers, bytes or peaks differ from the prediction, or times by more than the
// tolerance.
[[nodiscard]] sim::Result<ExitCode> validate_command(const ValidateArguments& arguments,
                                                     const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
