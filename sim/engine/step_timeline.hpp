// A whole step, laid out in time: what `simulate --trace` writes and the report draws.
//
// The ops are those that the time reader's clock has run, one by one; the bytes those that the
// memory reader's walk has counted. Of every class of equal pipeline stages one is shown: its
// first, which holds the most micro-batches. Micro-batches differ in the first (gathers of updated
// parameters), the last (reductions of gradients) and those between; each kind is recorded once per
// class.
//
// It is the timeline of the rank that decides; those of a contiguous ring's other ranks:
// rank_timelines.hpp.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "sim/engine/memory_timeline.hpp"
#include "sim/engine/pipeline_schedule.hpp"
#include "sim/engine/simulator.hpp"

namespace seqspan::sim {

// The first micro-batch, one between, the last, and one that is both first and last.
enum class MicroBatchKind : std::uint8_t { kFirst, kUsual, kLast, kOnly };
inline constexpr std::size_t kMicroBatchKindCount = 4;
[[nodiscard]] MicroBatchKind kind_of(std::int64_t micro_batch, std::int64_t micro_batches);
[[nodiscard]] MicroBatchPosition position_of(MicroBatchKind kind);

struct StageTimeline {
  std::size_t stage_class = 0;
  std::int64_t stage = 0;  // the one that is shown
  std::array<TimedMicroBatch, kMicroBatchKindCount> micro_batches;
  TimedMicroBatch update;
  std::vector<PipelineSlot> slots;
  StageMemory memory;  // at the stage's peak
  StageLive live;

  [[nodiscard]] const TimedMicroBatch& of(MicroBatchKind kind) const {
    return micro_batches[static_cast<std::size_t>(kind)];
  }
};

struct StepTimeline {
  Simulation simulation;
  const Program* program = nullptr;  // the simulator's, until it reads another layout
  std::vector<Seconds> durations;    // of each op alone
  std::vector<LinkUse> uses;
  std::vector<StageTimeline> stages;
  double update_start = 0;  // of the optimizer, on all stages
  double end = 0;
  std::int64_t ring_rank = 0;          // whose it is
  std::shared_ptr<const Program> own;  // its program, where it is not the rank that decides

  [[nodiscard]] bool decides() const { return own == nullptr; }
};

// The blocks of one chunk in one direction: indices [first, last) of timed.blocks, and the part of
// the micro-batch's time that they take.
struct SlotBlocks {
  std::size_t first = 0;
  std::size_t last = 0;
  double start = 0;  // seconds from the start of the micro-batch
  double end = 0;
};
[[nodiscard]] SlotBlocks blocks_of(const Program& program, const StageClass& stage,
                                   const TimedMicroBatch& timed, std::int64_t chunk, bool forward);

// The same of each slot of a stage. Slots of one kind of micro-batch, chunk and direction have the
// same blocks, and there may be tens of thousands of slots.
class BlocksOfSlots {
 public:
  // The micro-batches of `stage` have been recorded.
  BlocksOfSlots(const Program& program, const StageTimeline& stage);

  [[nodiscard]] const SlotBlocks& of(const PipelineSlot& slot) const {
    return blocks_[key_of(slot)];
  }
  // Equal for slots of the same blocks; less than `keys`.
  [[nodiscard]] std::size_t key_of(const PipelineSlot& slot) const;
  [[nodiscard]] std::size_t keys() const { return blocks_.size(); }

 private:
  std::int64_t micro_batches_;
  std::size_t chunks_;
  std::vector<SlotBlocks> blocks_;  // by kind, chunk and direction
};

// By op of the micro-batch: the ops that have written what it reads.
using OpSources = std::vector<std::vector<std::size_t>>;
[[nodiscard]] OpSources sources_of(const Program& program, const TimedMicroBatch& timed);

// Those of timed.ops[first, first + count) that decide when the last of them ends, by op of the
// micro-batch: a chain in which each waits for the one before it, as its input or on its stream.
[[nodiscard]] std::vector<bool> critical_ops(const Program& program, const TimedMicroBatch& timed,
                                             const OpSources& sources, std::size_t first,
                                             std::size_t count);

}  // namespace seqspan::sim
