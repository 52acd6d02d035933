// The answers of `seqspan memory` as a picture: memory by role, one bar for each answer, against
// the capacity of the card.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/what_if.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string memory_svg(const sim::Job& job, const MemoryArguments& arguments,
                                     const std::vector<WhatIf>& answers);

}  // namespace seqspan::cli
