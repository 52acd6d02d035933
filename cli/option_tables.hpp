// The options and arguments of the program and of its commands, as the help shows them; what they
// mean is said by cli/arguments.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace seqspan::cli {

enum class Takes : std::uint8_t { kNothing, kOneValue, kManyValues, kRest };

struct OptionSpec {
  const char* name;   // "-o,--output"; an argument has no dashes
  const char* value;  // how the help calls the value
  Takes takes;
  const char* text;
};
using OptionTable = std::span<const OptionSpec>;

// Of the program itself: they work with every command.
[[nodiscard]] OptionTable program_options();

// Of a command, table by table in the order of the help. A command that takes none has no table.
[[nodiscard]] std::span<const OptionTable> option_tables(std::string_view command);

}  // namespace seqspan::cli
