// The counters of a trace: memory by role, and how much of each kind of link is in use.
#pragma once

#include <array>
#include <optional>
#include <vector>

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

// Samples of the slots of a stage, at times of the step. Those of slots that differ in their
// micro-batch only are looked for once.
class SlotSamples {
 public:
  SlotSamples(const sim::Program& program, const sim::StageTimeline& stage);

  // Of every op, or of every block.
  [[nodiscard]] std::vector<sim::ActivationSample> of(const sim::PipelineSlot& slot, bool with_ops);

 private:
  using Samples = std::vector<sim::ActivationSample>;
  const Samples& from_zero(const sim::PipelineSlot& slot, bool with_ops);

  const sim::Program& program_;
  const sim::StageTimeline& stage_;
  sim::BlocksOfSlots blocks_;
  std::array<std::vector<std::optional<Samples>>, 2> known_;  // by detail and key
};

}  // namespace seqspan::cli
