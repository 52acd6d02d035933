#include "cli/trace/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/render/layout_choice.hpp"
#include "cli/trace/counters.hpp"
#include "cli/trace/event_list.hpp"
#include "cli/trace/stage_tracks.hpp"
#include "seqspan_config.hpp"
#include "sim/units/format_units.hpp"

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

std::string stage_name(const sim::StepTimeline& timeline, const sim::StageTimeline& stage,
                       const ShownRanks& ranks) {
  const sim::StageClass& of = timeline.program->stages[stage.stage_class];
  std::string name = fmt::format("stage {} of {}", stage.stage, timeline.program->pipeline_stages);
  if (of.count > 1) name += fmt::format(", as stages to {}", of.first_stage + of.count - 1);
  if (ranks.several()) {
    name += fmt::format(", ring rank {} of {}{}", timeline.ring_rank, ranks.ring,
                        timeline.decides() ? ", decides" : "");
  }
  return name;
}

std::string ranks_text(const ShownRanks& ranks) {
  return fmt::format(
      "{} of the {} ranks of a ring; the others start a hop, a gather, a reduction and the "
      "backward "
      "no sooner than rank {}, which decides the step",
      ranks.shown, ranks.ring, ranks.deciding);
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

std::string other_data(const sim::Job& job, const sim::StepTimeline& timeline,
                       const ShownRanks& ranks, TraceDetail detail) {
  const sim::Program& program = *timeline.program;
  std::string text;
  const auto add_json = [&](std::string_view key, std::string_view value) {
    text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", key, value);
  };
  const auto add = [&](std::string_view key, std::string_view value) {
    add_json(key, EventList::quoted(value));
  };
  const auto add_number = [&](std::string_view key, std::int64_t value) {
    add_json(key, fmt::format("{}", value));
  };
  add("producer", fmt::format("seqspan {}", config::kVersion));
  add("job", job.name);
  add("model", job.model.name);
  add("cluster", job.cluster.name);
  add("layout", short_layout(job, timeline.simulation.layout));
  add_number("step_ns", nanoseconds(timeline.simulation.time.step.value()));
  add_number("drawn_ns", nanoseconds(timeline.end));
  add_number("micro_batches", program.micro_batches);
  add_number("peak_bytes", timeline.simulation.peak.peak.value());
  add_number("capacity_bytes", timeline.simulation.capacity.value());
  add("detail", detail_text(detail, program.micro_batches));
  if (ranks.several()) add("ranks", ranks_text(ranks));
  return text;
}

}  // namespace

bool shows_ops(TraceDetail detail, std::int64_t micro_batch, std::int64_t micro_batches) {
  return detail == TraceDetail::kAll || micro_batch == 0 || micro_batch == micro_batches / 2 ||
         micro_batch + 1 == micro_batches;
}

sim::Result<std::string> trace_json(const sim::Job& job, const sim::StepTimeline& timeline,
                                    const std::vector<sim::StepTimeline>& others,
                                    TraceDetail detail) {
  std::vector<const sim::StepTimeline*> timelines = {&timeline};
  for (const sim::StepTimeline& other : others) timelines.push_back(&other);
  std::stable_sort(timelines.begin(), timelines.end(),
                   [](const auto* a, const auto* b) { return a->ring_rank < b->ring_rank; });
  std::size_t slices = 0;
  for (const sim::StepTimeline* of_rank : timelines) {
    for (const sim::StageTimeline& stage : of_rank->stages) {
      slices += slices_of(*of_rank, stage, detail);
    }
  }
  if (slices > kMostEvents) {
    return sim::input_error(
        fmt::format("the trace would have {} slices, more than {}",
                    sim::format_count(static_cast<std::int64_t>(slices)),
                    sim::format_count(static_cast<std::int64_t>(kMostEvents))),
        "--trace", "viewers do not open so many",
        detail == TraceDetail::kAll
            ? "leave out --trace-detail"
            : "fewer micro-batches, such as --set training.global_batch_size=64");
  }
  EventList events;
  const ShownRanks ranks{timeline.simulation.layout.ring, timeline.ring_rank,
                         static_cast<std::int64_t>(timelines.size())};
  std::int64_t process = 0;
  FlowIds flows;
  for (const sim::StepTimeline* of_rank : timelines) {
    const std::vector<std::string> args = op_args(*of_rank);
    for (const sim::StageTimeline& stage : of_rank->stages) {
      ++process;
      events.name_process(process, stage_name(*of_rank, stage, ranks), process);
      StageTracks(*of_rank, stage, args, ranks, process, events, flows).write(detail);
      add_memory_counter(*of_rank, stage, detail, process, events);
      add_link_counter(*of_rank, stage, detail, process, events);
    }
  }
  add_hand_overs(flows, events);
  add_hops(flows, events);
  return events.text(other_data(job, timeline, ranks, detail));
}

}  // namespace seqspan::cli
