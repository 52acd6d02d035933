// The layout of a command: --layout over the job's own keys, the rest the framework's defaults.
#pragma once

#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::cli {

// `given` is the text of --layout, or a file. Errors: kInput where it cannot be read, or the layout
// breaks a rule: then with the reason code that `seqspan explain` knows.
[[nodiscard]] sim::Result<sim::Layout> read_layout(const std::string& given, const sim::Job& job);
// The same of a command that needs one: where none is given, the error says how to find one.
[[nodiscard]] sim::Result<sim::Layout> read_layout(const std::optional<std::string>& given,
                                                   const JobArguments& arguments,
                                                   const sim::Job& job);

}  // namespace seqspan::cli
