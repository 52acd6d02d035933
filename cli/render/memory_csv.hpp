// The answers of `seqspan memory` as a table for other programs.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/what_if.hpp"

namespace seqspan::cli {

// A column for each sweep, named by its path, then verdict, peak and capacity, bytes by role, with
// --max the longest sequence, and of what is refused the code. RFC 4180.
[[nodiscard]] std::string memory_csv(const MemoryArguments& arguments,
                                     const std::vector<WhatIf>& answers);

}  // namespace seqspan::cli
