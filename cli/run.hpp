// The whole command line as a function: what main calls, and what tests call instead of it.
#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"

namespace seqspan::cli {

// Runs one command on standard output and standard error; the result is the exit code
// (exit_code.hpp). No exception leaves it.
[[nodiscard]] int run(int argc, const char* const* argv);

// `arguments` without the name of the program.
[[nodiscard]] int run(const std::vector<std::string>& arguments, Output& output);

}  // namespace seqspan::cli
