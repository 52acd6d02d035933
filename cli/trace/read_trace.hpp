// Reads a trace that `simulate --trace` has written (docs/formats/trace.md).
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/errors/error.hpp"

namespace seqspan::cli {

struct TraceSlice {
  std::int64_t thread = 0;
  std::int64_t start = 0;  // nanoseconds
  std::int64_t end = 0;
  std::string name;
  std::string category;
  nlohmann::json args;
};

struct TraceCounter {
  std::int64_t at = 0;
  std::string name;
  nlohmann::json values;
};

struct TraceProcess {
  std::string name;
  std::map<std::int64_t, std::string> threads;
  std::vector<TraceSlice> slices;  // by time, of one time the outer first
  std::vector<TraceCounter> counters;
};

struct ReadTrace {
  std::map<std::string, nlohmann::json> other;  // text or a whole number each
  std::map<std::int64_t, TraceProcess> processes;
  std::size_t flows = 0;
};

// Errors: kInput where the file is no trace of ours or is damaged; kEnvironment.
[[nodiscard]] sim::Result<ReadTrace> read_trace(const std::string& file);
// The same of its text.
[[nodiscard]] sim::Result<ReadTrace> parse_trace(const std::string& text, const std::string& file);

}  // namespace seqspan::cli
