// Writes a file whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "sim/errors/error.hpp"

namespace seqspan::cli {

// The text goes to a temporary file beside `path`, which then takes its name: whoever reads `path`
// sees the old file or the new one. A link is followed. What is no plain file (/dev/stdout, a
// pipe) is written to as it is. Errors: kEnvironment.
[[nodiscard]] sim::Result<void> write_file(const std::string& path, std::string_view text);

}  // namespace seqspan::cli
