// seqspan serve: a page with sliders on 127.0.0.1, until it is interrupted.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> serve_command(const ServeArguments& arguments, Output& output);

}  // namespace seqspan::cli
