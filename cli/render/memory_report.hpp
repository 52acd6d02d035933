// The answers of `seqspan memory` for a terminal: with two sweeps and more a grid, of which the
// last sweep gives the columns; else a row for each answer, with memory by role.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/what_if.hpp"
#include "cli/render/style.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string memory_report(const Style& style, const sim::Job& job,
                                        const MemoryArguments& arguments,
                                        const std::vector<WhatIf>& answers);

}  // namespace seqspan::cli
