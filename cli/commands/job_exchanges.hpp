// The exchanges of the layout that `profile run --job` names.
#pragma once

#include <vector>

#include "cli/arguments.hpp"
#include "real/measure/job_sweep.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::cli {

// Of the collective that --collective names, if any. Errors: kInput where the job or the layout is
// wrong, or nothing is exchanged and no GEMMs are asked for; kEnvironment where a file cannot be
// read.
[[nodiscard]] sim::Result<std::vector<real::JobExchange>> job_exchanges(
    const ProfileArguments& arguments);

}  // namespace seqspan::cli
