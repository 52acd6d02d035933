// What-if questions about memory: a job in a layout, with some of its fields varied.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "planner/longest_sequence.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::cli {

// Tight: fits, with less than 5 % of the memory free; what is not modelled (fragmentation, the
// libraries' own buffers) may take it. Refused: the framework would not run the layout.
enum class MemoryVerdict : std::uint8_t { kFits, kTight, kOver, kRefused };
[[nodiscard]] const char* name_of(MemoryVerdict verdict);

struct WhatIf {
  std::vector<std::string> values;  // of each sweep, as given
  MemoryVerdict verdict = MemoryVerdict::kRefused;
  sim::Layout layout;
  sim::Bytes capacity;
  sim::Bytes peak;
  sim::MemoryByRole by_role{};
  // With `longest`: the numbers above are those of its `tokens`; over where nothing fits.
  std::optional<planner::LongestSequence> longest;
  std::string code;    // refused: the rule's name
  std::string reason;  // and why, in a sentence

  [[nodiscard]] bool is_refused() const { return verdict == MemoryVerdict::kRefused; }
};

// Of every combination of the sweeps' values, the last sweep's varying fastest; with `longest` of
// the longest sequence that fits. Errors: kInput where the job, the layout's text or a value cannot
// be read, or there are too many combinations; kEnvironment.
[[nodiscard]] sim::Result<std::vector<WhatIf>> what_if(const MemoryArguments& arguments);

}  // namespace seqspan::cli
