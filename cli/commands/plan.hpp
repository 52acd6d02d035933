// seqspan plan: the fastest layouts that fit. kNo when none does.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> plan_command(const PlanArguments& arguments,
                                                 const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
