// Traces as `simulate --trace` writes them, of layouts that have something to show.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "cli/trace/trace.hpp"
#include "sim/engine/rank_timelines.hpp"
#include "tests/support/job.hpp"

namespace seqspan::cli::tests {

struct Case {
  const char* name;
  const char* model;
  const char* layout;
  std::int64_t nodes;
  std::int64_t length;
  std::int64_t batch;
  sim::Framework framework = sim::Framework::kMegatron;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name
inline void PrintTo(const Case& of, std::ostream* out) { *out << of.name; }

// The job, the timelines of its shown ranks, and the file's text.
struct Written {
  explicit Written(const Case& given)
      : job(seqspan::tests::make_job(given.model, given.framework, given.nodes, given.length,
                                     given.batch)),
        layout(sim::resolve_legal(job, sim::parse_layout(given.layout).value()).value()),
        simulator(std::make_unique<sim::Simulator>(job)),
        timeline(simulator->timeline(layout)),
        others(simulator->other_ranks(timeline)) {}
  // The simulator refers to the job.
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;

  [[nodiscard]] std::string text(TraceDetail detail = TraceDetail::kSome) const {
    return trace_json(job, timeline, others, detail).value();
  }

  sim::Job job;
  sim::Layout layout;
  std::unique_ptr<sim::Simulator> simulator;
  sim::StepTimeline timeline;
  std::vector<sim::StepTimeline> others;
};

}  // namespace seqspan::cli::tests
