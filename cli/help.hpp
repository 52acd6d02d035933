// What -h and --help print.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seqspan::cli {

// An option or an argument as the parser knows it: "-o,--output FILE".
struct OptionHelp {
  std::string names;
  std::string text;
};

// What is said of a command; of the program itself where `command` is empty.
struct HelpTopic {
  std::string_view command;
  std::string_view summary;
  std::string_view usage;
  std::string_view examples;  // lines that begin with two spaces
  std::string_view notes;
};
[[nodiscard]] const HelpTopic& topic_of(std::string_view command);
// "Exit codes:", then a line for each.
[[nodiscard]] std::string_view exit_codes_text();

// The commands, in the order of the help.
[[nodiscard]] std::span<const std::string_view> command_names();
// One line.
[[nodiscard]] std::string_view summary_of(std::string_view command);

// -h: what it is for, examples, usage. In full: every option, exit codes too. `command` empty: the
// program itself.
[[nodiscard]] std::string help_text(std::string_view command,
                                    const std::vector<OptionHelp>& options, bool in_full);

}  // namespace seqspan::cli
