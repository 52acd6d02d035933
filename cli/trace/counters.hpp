// The counters of a trace: memory by role, and how much of each kind of link is in use.
#pragma once

#include "cli/trace/event_list.hpp"
#include "cli/trace/trace.hpp"

namespace seqspan::cli {

// "NVLink", "PCIe", "NIC", "spine", "core".
[[nodiscard]] const char* link_kind_name(std::size_t kind);

// Where a micro-batch of a stage shows its ops; by slot.
[[nodiscard]] std::vector<bool> slots_with_ops(const sim::StepTimeline& timeline,
                                               const sim::StageTimeline& stage, TraceDetail detail);

// Bytes, `total` the sum of the roles. The standing roles do not change over a step.
void add_memory_counter(const sim::StepTimeline& timeline, const sim::StageTimeline& stage,
                        TraceDetail detail, std::int64_t process, EventList& events);

// Percent of the bandwidth of the busiest link of each kind. A transfer counts with its mean over
// its time; a micro-batch without ops with the mean of its transfers.
void add_link_counter(const sim::StepTimeline& timeline, const sim::StageTimeline& stage,
                      TraceDetail detail, std::int64_t process, EventList& events);

// Samples of one slot at times of the step: of every op, or of every block.
[[nodiscard]] std::vector<sim::ActivationSample> slot_samples(const sim::Program& program,
                                                              const sim::StageTimeline& stage,
                                                              const sim::PipelineSlot& slot,
                                                              bool with_ops);

}  // namespace seqspan::cli
