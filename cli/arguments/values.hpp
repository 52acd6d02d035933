// Values of options, read and checked; an option that is not there has none. Errors: kInput.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/backend.hpp"
#include "cli/parser.hpp"
#include "sim/errors/error.hpp"
#include "sim/units/units.hpp"

namespace seqspan::cli {

// "seqspan plan"; "seqspan" of no command.
[[nodiscard]] std::string program_and(const std::string& command);

[[nodiscard]] sim::Result<std::optional<std::int64_t>> count_of(const ParsedLine& line,
                                                                const char* option);
[[nodiscard]] sim::Result<std::optional<sim::Seconds>> time_of(const ParsedLine& line,
                                                               const char* option,
                                                               const char* example);
[[nodiscard]] sim::Result<Backend> backend_of(const ParsedLine& line);
// 0.1, 10%.
[[nodiscard]] sim::Result<double> fraction_of(const ParsedLine& line, const char* option,
                                              double standard);
// 5,11; empty where the option is not there.
[[nodiscard]] sim::Result<std::vector<std::int64_t>> counts_of(const ParsedLine& line,
                                                               const char* option);

// Words that say how to display are added anew for every rank.
[[nodiscard]] std::vector<std::string> words_without_display(const std::vector<std::string>& words);

}  // namespace seqspan::cli
