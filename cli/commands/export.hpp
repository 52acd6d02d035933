// seqspan export and import: layouts in the frameworks' own words, and back.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> export_command(const ExportArguments& arguments,
                                                   const DisplayOptions& display, Output& output);
[[nodiscard]] sim::Result<ExitCode> import_command(const ImportArguments& arguments,
                                                   const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
