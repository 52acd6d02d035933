// seqspan report: a plan as one page. kNo where no layout fits; the page is written all the same.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> report_command(const ReportArguments& arguments,
                                                   Output& output);

}  // namespace seqspan::cli
