// What a trace shows, added up again from its events: `seqspan trace summary`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/render/style.hpp"
#include "cli/trace/read_trace.hpp"

namespace seqspan::cli {

struct StreamSummary {
  std::string stream;
  std::int64_t busy = 0;   // nanoseconds, of its blocks
  std::int64_t alone = 0;  // what the same ops take without others beside them
  std::int64_t ops = 0;    // executions, drawn one by one or not
};

struct OpSummary {
  std::string name;
  std::string stream;
  std::int64_t count = 0;
  std::int64_t time = 0;      // nanoseconds
  std::int64_t critical = 0;  // of it, on the critical path
};

struct ProcessSummary {
  std::string name;
  std::optional<std::int64_t> ring_rank;  // where several ranks of a ring are shown
  std::optional<std::int64_t> waits_for;  // the rank of the ring that decides, of the others
  std::int64_t waiting = 0;               // nanoseconds that compute waits for it
  std::vector<StreamSummary> streams;
  std::vector<OpSummary> ops;  // of the micro-batches that are shown op by op, the longest first
  std::int64_t peak_bytes = 0;
  std::int64_t peak_at = 0;                        // nanoseconds
  std::map<std::string, std::int64_t> peak_roles;  // bytes
  std::map<std::string, double> highest_link_use;  // percent
};

struct TraceSummary {
  std::map<std::string, nlohmann::json> other;  // text or a whole number each
  std::int64_t end = 0;                         // nanoseconds
  std::size_t slices = 0;
  std::size_t counters = 0;
  std::size_t flows = 0;
  std::vector<ProcessSummary> processes;
};

[[nodiscard]] TraceSummary summary_of(const ReadTrace& trace);
[[nodiscard]] std::string trace_summary_text(const Style& style, const TraceSummary& summary);
[[nodiscard]] std::string trace_summary_json(const TraceSummary& summary);

}  // namespace seqspan::cli
