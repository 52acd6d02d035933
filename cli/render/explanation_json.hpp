// Explanations for scripts: the fields of docs/cli.md.
#pragma once

#include <string>

#include "cli/arguments.hpp"
#include "sim/engine/explanation.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// The parts that were asked for.
[[nodiscard]] std::string explanation_json(const sim::Job& job, const sim::Explanation& explanation,
                                           const PredictionArguments& asked);

}  // namespace seqspan::cli
