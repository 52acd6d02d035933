// seqspan man: the manual page.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> man_command(Output& output);

}  // namespace seqspan::cli
