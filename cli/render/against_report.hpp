// Two layouts of one job beside each other: what the first gains and loses against the second.
#pragma once

#include <string>

#include "cli/render/style.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string against_report(const Style& style, const sim::Job& job,
                                         const sim::Simulation& first,
                                         const sim::Simulation& second);

}  // namespace seqspan::cli
