// seqspan profile run: measures the collectives of training on the ranks at hand.
//
// Run alone, it starts ranks on this machine; under mpirun or srun it is one of them. Rank 0 writes
// the log, in the plain format, after each measurement; what the log has already is not measured
// again, so that a run that was cut short goes on.
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> profile_run_command(const ProfileArguments& arguments,
                                                        const DisplayOptions& display,
                                                        Output& output);

}  // namespace seqspan::cli
