// Finds commands, options and their values on a command line; what they mean is not known here.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/help.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::cli {

struct ParsedLine {
  std::string command;  // empty: none was named
  // What was given, by its longest name: "--layout", "JOB", "-h". A flag has the value "true".
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::vector<std::string> extra;  // what nothing took, in its order

  [[nodiscard]] bool has(std::string_view name) const { return values.find(name) != values.end(); }
  // The first value, empty where there is none.
  [[nodiscard]] std::string value(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
};

// `arguments` without the name of the program. Options of the program work before and after the
// command. Errors: kInput for an option without its value, or given twice.
[[nodiscard]] sim::Result<ParsedLine> parse_line(const std::vector<std::string>& arguments);

// The options of a command (empty: of the program), and those of the program after them.
[[nodiscard]] std::vector<OptionHelp> options_of(std::string_view command);

}  // namespace seqspan::cli
