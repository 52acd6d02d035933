// A layout read from what somebody runs already: a Megatron-LM command line (a script, or a line of
// it) or a torchtitan TOML. What is not about the layout is passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/errors/error.hpp"
#include "sim/spec/framework.hpp"

namespace seqspan::planner {

struct Imported {
  sim::Framework framework = sim::Framework::kMegatron;
  std::string layout;                 // "tp=2,ulysses=4,recompute=full", as --layout takes it
  std::vector<std::string> settings;  // "training.sequence_length=131072", as --set takes them
  std::vector<std::string> warnings;  // traps, in sentences
};

// `source` is what errors call the text. Errors: kInput where a value cannot be read, flags
// contradict each other as the framework itself would say, or nothing about a layout is found.
[[nodiscard]] sim::Result<Imported> import_megatron(std::string_view text,
                                                    const std::string& source);
[[nodiscard]] sim::Result<Imported> import_torchtitan(std::string_view text,
                                                      const std::string& source);

// Which of the two a text is: torchtitan's has a section in brackets.
[[nodiscard]] sim::Result<Imported> import_any(std::string_view text, const std::string& source);

}  // namespace seqspan::planner
