// seqspan schema: the JSON Schema of an input format, or the list of formats.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> schema_command(const SchemaArguments& arguments,
                                                   const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
