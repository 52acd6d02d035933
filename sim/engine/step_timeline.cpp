#include "sim/engine/step_timeline.hpp"

#include <algorithm>

#include "sim/lower/lower.hpp"

namespace seqspan::sim {
namespace {

const StageClass& class_of(const Program& program, std::int64_t stage) {
  for (const StageClass& candidate : program.stages) {
    if (stage < candidate.first_stage + candidate.count) return candidate;
  }
  return program.stages.back();
}

class RecordedDurations : public SlotDurations {
 public:
  RecordedDurations(const Program& program, const std::vector<StageTimeline>& stages)
      : program_(program), stages_(stages) {
    for (std::int64_t stage = 0; stage < program.pipeline_stages; ++stage) {
      const auto& of = class_of(program, stage);
      class_of_.push_back(static_cast<std::size_t>(&of - program.stages.data()));
    }
    for (const StageTimeline& stage : stages) blocks_.emplace_back(program, stage);
  }

  [[nodiscard]] double of(std::int64_t stage, const PipelineSlot& slot) const override {
    const std::size_t of_class = class_of_[static_cast<std::size_t>(stage)];
    if (program_.chunks_per_stage == 1) {
      const TimedMicroBatch& timed =
          stages_[of_class].of(kind_of(slot.micro_batch, program_.micro_batches));
      return (slot.forward ? timed.forward : timed.backward).value();
    }
    const SlotBlocks& blocks = blocks_[of_class].of(slot);
    return blocks.end - blocks.start;
  }

 private:
  const Program& program_;
  const std::vector<StageTimeline>& stages_;
  std::vector<std::size_t> class_of_;
  std::vector<BlocksOfSlots> blocks_;
};

// Which chunk a block belongs to: the layers of a stage in equal parts, the embedding with the
// first and the loss with the last.
std::int64_t chunk_of(const Program& program, const StageClass& stage, const TimedBlock& block) {
  std::int64_t layers = 0;
  std::int64_t before = 0;
  for (std::size_t r = stage.first_run; r < stage.first_run + stage.run_count; ++r) {
    const PartRun& run = program.runs[r];
    if (program.parts[run.part].kind != PartKind::kLayer) continue;
    layers += run.count;
    if (r < block.run) before += run.count;
  }
  const PartKind kind = program.parts[program.runs[block.run].part].kind;
  if (kind == PartKind::kEmbedding) return 0;
  if (kind == PartKind::kLoss) return program.chunks_per_stage - 1;
  return (before + block.instance) * program.chunks_per_stage / layers;
}

}  // namespace

MicroBatchKind kind_of(std::int64_t micro_batch, std::int64_t micro_batches) {
  if (micro_batches == 1) return MicroBatchKind::kOnly;
  if (micro_batch == 0) return MicroBatchKind::kFirst;
  return micro_batch + 1 == micro_batches ? MicroBatchKind::kLast : MicroBatchKind::kUsual;
}

MicroBatchPosition position_of(MicroBatchKind kind) {
  return {kind == MicroBatchKind::kFirst || kind == MicroBatchKind::kOnly,
          kind == MicroBatchKind::kLast || kind == MicroBatchKind::kOnly};
}

SlotBlocks blocks_of(const Program& program, const StageClass& stage, const TimedMicroBatch& timed,
                     std::int64_t chunk, bool forward) {
  const Pass pass = forward ? Pass::kForward : Pass::kBackward;
  const bool whole = program.chunks_per_stage == 1;
  SlotBlocks result{timed.blocks.size(), 0, 0, 0};
  // A chunk begins where compute ended the one before it.
  double compute_end = forward ? 0 : timed.forward.value();
  result.start = compute_end;
  for (std::size_t b = 0; b < timed.blocks.size(); ++b) {
    const TimedBlock& block = timed.blocks[b];
    if (block.pass != pass) continue;
    if (whole || chunk_of(program, stage, block) == chunk) {
      if (result.first == timed.blocks.size()) {
        result.first = b;
        result.start = compute_end;
      }
      result.last = b + 1;
    }
    for (std::size_t i = block.first; i < block.first + block.count; ++i) {
      if (program.ops[timed.ops[i].op].stream == Stream::kCompute) {
        compute_end = std::max(compute_end, timed.ops[i].end);
      }
    }
    if (result.last == b + 1) result.end = compute_end;
  }
  result.first = std::min(result.first, result.last);
  const bool is_last = chunk == (forward ? program.chunks_per_stage - 1 : 0);
  if (is_last) result.end = (forward ? timed.forward : timed.forward + timed.backward).value();
  return result;
}

BlocksOfSlots::BlocksOfSlots(const Program& program, const StageTimeline& stage)
    : micro_batches_(program.micro_batches),
      chunks_(static_cast<std::size_t>(program.chunks_per_stage)) {
  const StageClass& of = program.stages[stage.stage_class];
  for (const TimedMicroBatch& timed : stage.micro_batches) {
    for (std::int64_t chunk = 0; chunk < program.chunks_per_stage; ++chunk) {
      for (const bool forward : {false, true}) {
        blocks_.push_back(blocks_of(program, of, timed, chunk, forward));
      }
    }
  }
}

std::size_t BlocksOfSlots::key_of(const PipelineSlot& slot) const {
  const auto kind = static_cast<std::size_t>(kind_of(slot.micro_batch, micro_batches_));
  return (kind * chunks_ + static_cast<std::size_t>(slot.chunk)) * 2 + (slot.forward ? 1 : 0);
}

namespace {

// Follows who has written what through the ops of a micro-batch as they were issued.
class Writers {
 public:
  Writers(const Program& program, const TimedMicroBatch& timed)
      : program_(program), timed_(timed), writer_(program.tensors.size(), kNobody) {}

  OpSources run() {
    OpSources sources(timed_.ops.size());
    for (const TimedBlock& timed_block : timed_.blocks) {
      const Part& part = program_.parts[program_.runs[timed_block.run].part];
      const Block& block = program_.blocks[timed_block.pass == Pass::kForward    ? part.forward
                                           : timed_block.pass == Pass::kBackward ? part.backward
                                                                                 : part.update];
      begin(block);
      for (std::size_t i = timed_block.first; i < timed_block.first + timed_block.count; ++i) {
        if (i > timed_block.first) carry(block, timed_.ops[i - 1], &timed_.ops[i]);
        read(i, sources[i]);
        for (const TensorId id : program_.ops[timed_.ops[i].op].writes) writer_[index_of(id)] = i;
      }
      carry(block, timed_.ops[timed_block.first + timed_block.count - 1], nullptr);
      end(block);
    }
    return sources;
  }

 private:
  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

  void begin(const Block& block) {
    std::size_t input = 0;
    for (const TensorId id : block.inputs) {
      writer_[index_of(id)] = input < handed_.size() ? handed_[input] : kNobody;
      ++input;
    }
  }
  void end(const Block& block) {
    handed_.clear();
    for (const TensorId id : block.outputs) handed_.push_back(writer_[index_of(id)]);
  }
  void read(std::size_t index, std::vector<std::size_t>& sources) const {
    for (const TensorId id : program_.ops[timed_.ops[index].op].reads) {
      const std::size_t writer = writer_[index_of(id)];
      if (writer != kNobody) sources.push_back(writer);
    }
  }
  // Where an iteration of a loop ends between two ops.
  void carry(const Block& block, const TimedOp& before, const TimedOp* after) {
    for (std::size_t l = block.first_loop; l < block.first_loop + block.loop_count; ++l) {
      const Loop& loop = program_.loops[l];
      const auto inside = [&](const TimedOp& timed) {
        return timed.op >= loop.first && timed.op < loop.first + loop.count;
      };
      if (!inside(before)) continue;
      if (after != nullptr && inside(*after) && after->iteration == before.iteration) continue;
      for (std::size_t i = 0; i < loop.carry_count; ++i) {
        writer_[index_of(loop.carries[i].to)] = writer_[index_of(loop.carries[i].from)];
      }
    }
  }

  const Program& program_;
  const TimedMicroBatch& timed_;
  std::vector<std::size_t> writer_;
  std::vector<std::size_t> handed_;
};

}  // namespace

OpSources sources_of(const Program& program, const TimedMicroBatch& timed) {
  return Writers(program, timed).run();
}

std::vector<bool> critical_ops(const Program& program, const TimedMicroBatch& timed,
                               const OpSources& sources, std::size_t first, std::size_t count) {
  std::vector<bool> critical(timed.ops.size(), false);
  if (count == 0) return critical;
  // The op before it on its stream.
  std::vector<std::size_t> before(timed.ops.size(), timed.ops.size());
  std::array<std::size_t, kStreamCount> last{};
  last.fill(timed.ops.size());
  std::size_t here = first;
  for (std::size_t i = first; i < first + count; ++i) {
    std::size_t& on_stream = last[static_cast<std::size_t>(program.ops[timed.ops[i].op].stream)];
    before[i] = on_stream;
    on_stream = i;
    if (timed.ops[i].end >= timed.ops[here].end) here = i;
  }
  for (;;) {
    critical[here] = true;
    // Who ends last of those that it waits for; of two, the one that it reads from.
    std::size_t next = timed.ops.size();
    const auto consider = [&](std::size_t i) {
      if (i < first || i >= here || timed.ops[i].end > timed.ops[here].start) return;
      if (next == timed.ops.size() || timed.ops[i].end > timed.ops[next].end) next = i;
    };
    for (const std::size_t source : sources[here]) consider(source);
    consider(before[here]);
    if (next == timed.ops.size()) return critical;
    here = next;
  }
}

StepTimeline Simulator::timeline(const Layout& layout) {
  StepTimeline timeline;
  timeline.simulation = simulate(layout);
  timeline.program = &program_;
  timeline.durations = durations_;
  timeline.uses = uses_;
  timeline.ring_rank = deciding_ring_rank(layout);
  const StepTime& step = timeline.simulation.time;
  for (std::size_t c = 0; c < program_.stages.size(); ++c) {
    const StageClass& stage_class = program_.stages[c];
    StageTimeline stage;
    stage.stage_class = c;
    stage.stage = stage_class.first_stage;
    stage.memory = memory_.stage(stage.stage);
    stage.live = stage_live(program_, stage_class, memory_);
    for (std::size_t kind = 0; kind < kMicroBatchKindCount; ++kind) {
      const auto which = static_cast<MicroBatchKind>(kind);
      const bool only = program_.micro_batches == 1;
      const bool used = only == (which == MicroBatchKind::kOnly) &&
                        !(which == MicroBatchKind::kUsual && program_.micro_batches < 3);
      if (used) stage.micro_batches[kind] = time_.record(program_, stage_class, position_of(which));
    }
    stage.update = time_.record_update(program_, stage_class);
    timeline.stages.push_back(std::move(stage));
  }
  auto slots =
      pipeline_schedule(program_.pipeline_stages, program_.micro_batches, program_.chunks_per_stage,
                        step.hand_over, RecordedDurations(program_, timeline.stages));
  double end = 0;
  for (const auto& of_stage : slots) end = std::max(end, of_stage.back().end);
  for (StageTimeline& stage : timeline.stages) {
    stage.slots = std::move(slots[static_cast<std::size_t>(stage.stage)]);
  }
  timeline.update_start =
      std::max(end + step.gradient_tail.value(), (step.step - step.update).value());
  timeline.end = timeline.update_start + step.update.value();
  return timeline;
}

}  // namespace seqspan::sim
