// What the reader of one log format hands on: points, and what the log says about itself.
// read_log.hpp completes it with the user's options and checks the whole.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "profiles/import/log_text.hpp"
#include "profiles/import/measurement.hpp"
#include "sim/errors/error.hpp"
#include "sim/errors/warning.hpp"

namespace seqspan::profiles {

struct LogFacts {
  std::optional<CollectiveKind> collective;
  std::optional<std::int64_t> ranks;
  std::optional<std::int64_t> nodes;
  std::string source;
  std::string date;
  std::string variant;
};

struct RawPoint {
  MeasuredPoint point;
  double algbw = 0;  // bytes per second as the log prints them; 0: it does not
  double busbw = 0;
  std::int64_t line = 1;
  std::int64_t column = 1;
  bool in_place = false;
};

struct RawSet {
  LogFacts facts;
  std::vector<RawPoint> points;
  std::int64_t line = 1;  // where the set starts
  // Sizes are those of one peer's part (OSU): nccl-tests' size is that times the ranks.
  bool size_is_part = false;
};

struct RawLog {
  std::vector<RawSet> sets;
  std::vector<sim::Warning> warnings;  // the path is file:line:column
};

// Takes `entry` in if its key is one of collective, ranks, nodes, source, date, variant; false if
// it is none of them. Errors: kInput for a collective or a number that is none.
[[nodiscard]] sim::Result<bool> take_header(LogFacts& facts, const HeaderEntry& entry,
                                            const std::string& file, std::int64_t line);

// The collective that text names as nccl-tests' binaries are called: ".../all_gather_perf".
[[nodiscard]] std::optional<CollectiveKind> benchmark_named_in(std::string_view text);

}  // namespace seqspan::profiles
