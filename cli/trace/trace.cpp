#include "cli/trace/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/render/layout_choice.hpp"
#include "cli/trace/counters.hpp"
#include "cli/trace/event_list.hpp"
#include "cli/trace/stage_tracks.hpp"
#include "seqspan_config.hpp"

namespace seqspan::cli {
namespace {

// About 300 bytes each; Perfetto takes minutes to open more.
constexpr std::size_t kMostEvents = 2'000'000;

// How many slices the ops of a stage are.
std::size_t slices_of(const sim::StepTimeline& timeline, const sim::StageTimeline& stage,
                      TraceDetail detail) {
  const std::int64_t count = timeline.program->micro_batches;
  std::size_t slices = stage.update.ops.size();
  for (std::int64_t i = 0; i < count; ++i) {
    const sim::TimedMicroBatch& timed = stage.of(sim::kind_of(i, count));
    slices += shows_ops(detail, i, count) ? timed.ops.size() : timed.blocks.size();
  }
  return slices;
}

std::string stage_name(const sim::StepTimeline& timeline, const sim::StageTimeline& stage) {
  const sim::StageClass& of = timeline.program->stages[stage.stage_class];
  std::string name = fmt::format("stage {} of {}", stage.stage, timeline.program->pipeline_stages);
  if (of.count > 1) name += fmt::format(", as stages to {}", of.first_stage + of.count - 1);
  return name;
}

std::string detail_text(TraceDetail detail, std::int64_t micro_batches) {
  std::string shown;
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < micro_batches; ++i) {
    if (!shows_ops(detail, i, micro_batches)) continue;
    shown += fmt::format("{}{}", count == 0 ? "" : ", ", i);
    ++count;
  }
  if (count == micro_batches) return "every op";
  return fmt::format("ops of micro-batches {}; the others as blocks (--trace-detail: every op)",
                     shown);
}

std::string other_data(const sim::Job& job, const sim::StepTimeline& timeline, TraceDetail detail) {
  const sim::Program& program = *timeline.program;
  std::string text;
  const auto add = [&](std::string_view key, std::string_view value) {
    text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", key, EventList::quoted(value));
  };
  add("producer", fmt::format("seqspan {}", config::kVersion));
  add("job", job.name);
  add("model", job.model.name);
  add("cluster", job.cluster.name);
  add("layout", short_layout(job, timeline.simulation.layout));
  add("step_ns", fmt::format("{}", nanoseconds(timeline.simulation.time.step.value())));
  add("drawn_ns", fmt::format("{}", nanoseconds(timeline.end)));
  add("micro_batches", fmt::format("{}", program.micro_batches));
  add("peak_bytes", fmt::format("{}", timeline.simulation.peak.peak.value()));
  add("capacity_bytes", fmt::format("{}", timeline.simulation.capacity.value()));
  add("detail", detail_text(detail, program.micro_batches));
  return text;
}

}  // namespace

bool shows_ops(TraceDetail detail, std::int64_t micro_batch, std::int64_t micro_batches) {
  return detail == TraceDetail::kAll || micro_batch == 0 || micro_batch == micro_batches / 2 ||
         micro_batch + 1 == micro_batches;
}

sim::Result<std::string> trace_json(const sim::Job& job, const sim::StepTimeline& timeline,
                                    TraceDetail detail) {
  std::size_t slices = 0;
  for (const sim::StageTimeline& stage : timeline.stages) {
    slices += slices_of(timeline, stage, detail);
  }
  if (slices > kMostEvents) {
    return sim::input_error(
        fmt::format("the trace would have {} slices, more than {}", slices, kMostEvents), "--trace",
        "viewers do not open so many",
        detail == TraceDetail::kAll
            ? "leave out --trace-detail"
            : "fewer micro-batches, such as --set training.global_batch_size=64");
  }
  EventList events;
  const std::vector<std::string> args = op_args(timeline);
  std::int64_t process = 0;
  FlowIds flows;
  for (const sim::StageTimeline& stage : timeline.stages) {
    ++process;
    events.name_process(process, stage_name(timeline, stage), process);
    StageTracks(timeline, stage, args, process, events, flows).write(detail);
    add_memory_counter(timeline, stage, detail, process, events);
    add_link_counter(timeline, stage, detail, process, events);
  }
  add_hand_overs(flows, events);
  return events.text(other_data(job, timeline, detail));
}

}  // namespace seqspan::cli
