// The answers of `seqspan memory` as one page that loads nothing.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/what_if.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

[[nodiscard]] std::string memory_page(const sim::Job& job, const MemoryArguments& arguments,
                                      const std::vector<WhatIf>& answers);

}  // namespace seqspan::cli
