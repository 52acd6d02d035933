// A step as a trace that Perfetto shows: docs/formats/trace.md.
#pragma once

#include <string>
#include <vector>

#include "sim/engine/step_timeline.hpp"
#include "sim/errors/error.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// Which micro-batches are shown op by op; the others show their blocks.
enum class TraceDetail : std::uint8_t { kSome, kAll };

// Whether the ops of this micro-batch are shown: of kSome the first, the one in the middle and the
// last.
[[nodiscard]] bool shows_ops(TraceDetail detail, std::int64_t micro_batch,
                             std::int64_t micro_batches);

// The JSON of the trace, with the other ranks of the ring that are shown (Simulator::other_ranks).
// Errors: kInput where it would have too many events to be of use.
[[nodiscard]] sim::Result<std::string> trace_json(const sim::Job& job,
                                                  const sim::StepTimeline& timeline,
                                                  const std::vector<sim::StepTimeline>& others,
                                                  TraceDetail detail);

}  // namespace seqspan::cli
