#include "cli/trace/counters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace seqspan::cli {
namespace {

using LinkParts = std::array<double, sim::kLinkKindCount>;

// What each transfer takes of the links, averaged over its time.
LinkParts parts_of(const sim::StepTimeline& timeline, const sim::TimedOp& timed) {
  LinkParts parts{};
  const double length = timed.end - timed.start;
  if (length <= 0) return parts;
  const double rate = timeline.durations[timed.op].value() / length;
  for (std::size_t kind = 0; kind < parts.size(); ++kind) {
    parts[kind] = timeline.uses[timed.op].parts[kind] * rate;
  }
  return parts;
}

// Changes of use by time.
class LinkUseOverTime {
 public:
  void add(double start, double end, const LinkParts& parts) {
    for (std::size_t kind = 0; kind < parts.size(); ++kind) {
      if (parts[kind] <= 0) continue;
      used_[kind] = true;
      changes_[nanoseconds(start)][kind] += parts[kind];
      changes_[nanoseconds(end)][kind] -= parts[kind];
    }
  }

  void write(std::int64_t process, EventList& events) const {
    LinkParts now{};
    std::string last;
    for (const auto& [at, change] : changes_) {
      std::string args;
      for (std::size_t kind = 0; kind < now.size(); ++kind) {
        now[kind] += change[kind];
        if (!used_[kind]) continue;
        // Means of transfers that share a link for a part of their time may add up to more.
        constexpr double kPercent = 100;
        args += fmt::format(R"({}"{}":{:.1f})", args.empty() ? "" : ",", link_kind_name(kind),
                            std::clamp(now[kind], 0.0, 1.0) * kPercent);
      }
      if (args == last) continue;
      events.counter(process, "link use %", at, args);
      last = args;
    }
  }

 private:
  std::map<std::int64_t, LinkParts> changes_;
  std::array<bool, sim::kLinkKindCount> used_{};
};

}  // namespace

const char* link_kind_name(std::size_t kind) {
  constexpr std::array<const char*, sim::kLinkKindCount> kNames = {"NVLink", "PCIe", "NIC", "spine",
                                                                   "core"};
  return kNames[kind];
}

std::vector<bool> slots_with_ops(const sim::StepTimeline& timeline, const sim::StageTimeline& stage,
                                 TraceDetail detail) {
  std::vector<bool> result;
  for (const sim::PipelineSlot& slot : stage.slots) {
    result.push_back(shows_ops(detail, slot.micro_batch, timeline.program->micro_batches));
  }
  return result;
}

SlotSamples::SlotSamples(const sim::Program& program, const sim::StageTimeline& stage)
    : program_(program), stage_(stage), blocks_(program, stage) {
  for (auto& of_detail : known_) of_detail.resize(blocks_.keys());
}

// Without interleaving, at times from the slot's start.
const SlotSamples::Samples& SlotSamples::from_zero(const sim::PipelineSlot& slot, bool with_ops) {
  std::optional<Samples>& known = known_[with_ops ? 1 : 0][blocks_.key_of(slot)];
  if (known) return *known;
  const sim::SlotBlocks& blocks = blocks_.of(slot);
  known = activation_samples(
      program_, program_.stages[stage_.stage_class], stage_.live,
      stage_.of(sim::kind_of(slot.micro_batch, program_.micro_batches)), blocks.first, blocks.last,
      with_ops ? sim::SampleDetail::kEveryOp : sim::SampleDetail::kEveryBlock);
  for (sim::ActivationSample& sample : *known) sample.time -= blocks.start;
  return *known;
}

std::vector<sim::ActivationSample> SlotSamples::of(const sim::PipelineSlot& slot, bool with_ops) {
  std::vector<sim::ActivationSample> samples;
  if (program_.chunks_per_stage > 1) {
    samples = chunk_samples(stage_.live, slot.forward, slot.start, slot.end);
  } else {
    samples = from_zero(slot, with_ops);
    for (sim::ActivationSample& sample : samples) {
      sample.time = std::max(slot.start, slot.start + sample.time);
    }
  }
  for (sim::ActivationSample& sample : samples) {
    sample.saved += stage_.live.saved_per_chunk * slot.waiting;
  }
  return samples;
}

void add_memory_counter(const sim::StepTimeline& timeline, const sim::StageTimeline& stage,
                        TraceDetail detail, std::int64_t process, EventList& events) {
  sim::Bytes standing;
  std::string roles;
  for (std::size_t i = 0; i < sim::kMemoryRoleCount; ++i) {
    const auto role = static_cast<sim::MemoryRole>(i);
    if (role == sim::MemoryRole::kSavedActivations || role == sim::MemoryRole::kTransient) {
      continue;
    }
    standing += stage.memory.by_role[i];
    roles += fmt::format(R"({}"{}":{})", roles.empty() ? "" : ",", name_of(role),
                         stage.memory.by_role[i].value());
  }
  events.counter(process, "standing memory", 0, roles);
  events.counter(process, "standing memory", nanoseconds(timeline.end), roles);
  const auto sample = [&](std::int64_t at, sim::Bytes saved, sim::Bytes transient) {
    events.counter(
        process, "memory", at,
        fmt::format(R"("total":{},"saved_activations":{},"transient":{})",
                    (standing + saved + transient).value(), saved.value(), transient.value()));
  };
  const std::vector<bool> with_ops = slots_with_ops(timeline, stage, detail);
  sim::ActivationSample last{-1, sim::Bytes(0), sim::Bytes(0)};
  SlotSamples samples(*timeline.program, stage);
  for (std::size_t i = 0; i < stage.slots.size(); ++i) {
    for (const sim::ActivationSample& one : samples.of(stage.slots[i], with_ops[i])) {
      if (last.time >= 0 && one.saved == last.saved && one.transient == last.transient) continue;
      sample(nanoseconds(one.time), one.saved, one.transient);
      last = one;
    }
  }
  sample(nanoseconds(std::max(stage.slots.back().end, timeline.update_start)), sim::Bytes(0),
         sim::Bytes(0));
}

void add_link_counter(const sim::StepTimeline& timeline, const sim::StageTimeline& stage,
                      TraceDetail detail, std::int64_t process, EventList& events) {
  const sim::Program& program = *timeline.program;
  const std::vector<bool> with_ops = slots_with_ops(timeline, stage, detail);
  LinkUseOverTime use;
  const auto add_ops = [&](const sim::TimedMicroBatch& timed, std::size_t first, std::size_t last,
                           double shift, const sim::PipelineSlot* slot) {
    LinkParts mean{};
    for (std::size_t i = first; i < last; ++i) {
      const sim::TimedOp& op = timed.ops[i];
      const LinkParts parts = parts_of(timeline, op);
      if (slot == nullptr) {
        use.add(op.start + shift, op.end + shift, parts);
        continue;
      }
      for (std::size_t kind = 0; kind < mean.size(); ++kind) {
        mean[kind] += parts[kind] * (op.end - op.start) / (slot->end - slot->start);
      }
    }
    if (slot != nullptr) use.add(slot->start, slot->end, mean);
  };
  const sim::BlocksOfSlots blocks_of_slots(program, stage);
  for (std::size_t s = 0; s < stage.slots.size(); ++s) {
    const sim::PipelineSlot& slot = stage.slots[s];
    const sim::TimedMicroBatch& timed =
        stage.of(sim::kind_of(slot.micro_batch, program.micro_batches));
    const sim::SlotBlocks& blocks = blocks_of_slots.of(slot);
    if (blocks.first == blocks.last) continue;
    const sim::TimedBlock& end = timed.blocks[blocks.last - 1];
    add_ops(timed, timed.blocks[blocks.first].first, end.first + end.count,
            slot.start - blocks.start, with_ops[s] ? nullptr : &slot);
  }
  add_ops(stage.update, 0, stage.update.ops.size(), timeline.update_start, nullptr);
  use.write(process, events);
}

}  // namespace seqspan::cli
