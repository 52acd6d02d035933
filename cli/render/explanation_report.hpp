// Explanations for people: where the numbers of a prediction come from.
#pragma once

#include <string>

#include "cli/arguments.hpp"
#include "cli/render/style.hpp"
#include "sim/engine/explanation.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// Tables of what there is, each law once with the numbers of everything that takes it, and the
// source of every parameter.
[[nodiscard]] std::string explanation_report(const Style& style, const sim::Job& job,
                                             const sim::Explanation& explanation,
                                             ExplainedPart part);
// Every op that is left in the explanation, its formula with all numbers put in.
[[nodiscard]] std::string op_report(const Style& style, const sim::Job& job,
                                    const sim::Explanation& explanation);

}  // namespace seqspan::cli
