// seqspan cluster show: the graph of a cluster, its bandwidths and faults, and where the axes of a
// layout land. docs/models/cluster.md
#pragma once

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace seqspan::cli {

[[nodiscard]] sim::Result<ExitCode> cluster_command(const ClusterArguments& arguments,
                                                    const DisplayOptions& display, Output& output);

}  // namespace seqspan::cli
