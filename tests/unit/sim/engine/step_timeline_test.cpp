// The slots of a step, and the blocks that run in them.
#include "sim/engine/step_timeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::layout_of;
using tests::make_job;

void expect_equal(const SlotBlocks& found, const SlotBlocks& expected) {
  EXPECT_EQ(found.first, expected.first);
  EXPECT_EQ(found.last, expected.last);
  EXPECT_EQ(found.start, expected.start);
  EXPECT_EQ(found.end, expected.end);
}

// Looked for once and asked for many times: what blocks_of finds for each slot, without a pipeline,
// with one, and interleaved.
TEST(BlocksOfSlots, AreThoseOfEachSlot) {
  for (const char* keys : {"ring=8", "tp=2,pp=4", "tp=2,pp=4,vpp=2"}) {
    const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 32768, 8);
    Simulator simulator(job);
    const StepTimeline timeline = simulator.timeline(layout_of(job, keys));
    const Program& program = *timeline.program;
    for (const StageTimeline& stage : timeline.stages) {
      const BlocksOfSlots blocks(program, stage);
      for (const PipelineSlot& slot : stage.slots) {
        const TimedMicroBatch& timed = stage.of(kind_of(slot.micro_batch, program.micro_batches));
        expect_equal(blocks.of(slot), blocks_of(program, program.stages[stage.stage_class], timed,
                                                slot.chunk, slot.forward));
        EXPECT_LT(blocks.key_of(slot), blocks.keys());
      }
    }
  }
}

// Eight micro-batches: first, last and those between differ, in both directions.
TEST(BlocksOfSlots, AreKnownByFewKeys) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 32768, 8);
  Simulator simulator(job);
  const StepTimeline timeline = simulator.timeline(layout_of(job, "tp=2,pp=4"));
  const StageTimeline& stage = timeline.stages.front();
  const BlocksOfSlots blocks(*timeline.program, stage);
  std::vector<bool> seen(blocks.keys());
  for (const PipelineSlot& slot : stage.slots) seen[blocks.key_of(slot)] = true;
  EXPECT_EQ(stage.slots.size(), 16U);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 6);
}

}  // namespace
}  // namespace seqspan::sim
