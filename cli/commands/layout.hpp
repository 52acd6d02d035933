// The layout of a command: --layout over the job's own keys, the rest the framework's defaults.
#pragma once

#include <string>

#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::cli {

// `given` is the text of --layout, or a file. Errors: kInput where it cannot be read, or the layout
// breaks a rule: then with the reason code that `seqspan explain` knows.
[[nodiscard]] sim::Result<sim::Layout> read_layout(const std::string& given, const sim::Job& job);

}  // namespace seqspan::cli
