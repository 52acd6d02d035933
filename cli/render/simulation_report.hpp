// One layout for people: the answer first, then where the memory, the time and the bytes go.
#pragma once

#include <string>

#include "cli/render/style.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string simulation_report(const Style& style, const sim::Job& job,
                                            const sim::Simulation& simulation);

}  // namespace seqspan::cli
