// What `profile run` measures on the ranks at hand: benchmark sizes on every way in which groups
// can lie, or the exchanges of a job.
#pragma once

#include <vector>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "real/measure/exchange_timer.hpp"
#include "real/measure/sweep.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::cli {

// Collective over the timer's world; the same points on every rank. Rank 0 says what is left out.
// Errors: kInput where the hosts or the job do not fit, or nothing can be measured here.
[[nodiscard]] sim::Result<std::vector<real::SweepPoint>> points_to_measure(
    const ProfileArguments& arguments, real::ExchangeTimer& timer, sim::Seconds limit,
    bool is_first, Output& output);

}  // namespace seqspan::cli
