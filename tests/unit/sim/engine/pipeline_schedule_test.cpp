#include "sim/engine/pipeline_schedule.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/engine/pipeline_time.hpp"

namespace seqspan::sim {
namespace {

// The same of every stage, chunk and micro-batch.
class Equal : public SlotDurations {
 public:
  Equal(double forward, double backward) : forward_(forward), backward_(backward) {}
  [[nodiscard]] double of(std::int64_t, const PipelineSlot& slot) const override {
    return slot.forward ? forward_ : backward_;
  }

 private:
  double forward_;
  double backward_;
};

double end_of(const std::vector<std::vector<PipelineSlot>>& stages) {
  double end = 0;
  for (const auto& slots : stages) end = std::max(end, slots.back().end);
  return end;
}

// p = 4, f = 1, b = 2, m = 8: (m + p - 1)(f + b) = 33.
TEST(PipelineSchedule, OneForwardOneBackwardEndsWhereTheFormulaSays) {
  EXPECT_DOUBLE_EQ(end_of(pipeline_schedule(4, 8, 1, Seconds(0), Equal(1, 2))), 33.0);
}

// Chunks of f = 1, b = 2, v = 2: m v (f + b) + (p - 1)(f + b) = 16 x 3 + 9 = 57 (arXiv 2104.04473,
// section 2.2: the ramp is that of chunks).
TEST(PipelineSchedule, InterleavedRampIsThatOfChunks) {
  EXPECT_DOUBLE_EQ(end_of(pipeline_schedule(4, 8, 2, Seconds(0), Equal(1, 2))), 57.0);
}

// Every chunk of every micro-batch once each way, its backward after its forward; at most as many
// wait as the memory reader counts, and at some time that many.
RC_GTEST_PROP(PipelineSchedule, RunsEveryChunkAndHoldsWhatTheMemoryReaderCounts, ()) {
  const auto p = *rc::gen::inRange<std::int64_t>(1, 7);
  const auto v = p == 1 ? 1 : *rc::gen::inRange<std::int64_t>(1, 4);
  const auto m = (v == 1 ? 1 : p) * *rc::gen::inRange<std::int64_t>(1, 5);
  const auto stages = pipeline_schedule(p, m, v, Seconds(0.25), Equal(1, 2));
  for (std::int64_t i = 0; i < p; ++i) {
    const auto& slots = stages[static_cast<std::size_t>(i)];
    RC_ASSERT(static_cast<std::int64_t>(slots.size()) == 2 * m * v);
    double free = 0;
    std::int64_t most = 0;
    std::vector<int> state(static_cast<std::size_t>(m * v), 0);
    for (const PipelineSlot& slot : slots) {
      RC_ASSERT(slot.start >= free);
      free = slot.end;
      most = std::max(most, slot.waiting + 1);
      int& of = state[static_cast<std::size_t>(slot.micro_batch * v + slot.chunk)];
      RC_ASSERT(of == (slot.forward ? 0 : 1));
      ++of;
    }
    RC_ASSERT(most == chunks_in_flight(p, i, m, v));
  }
}

// Hand-overs and unlike micro-batches: the critical slots and their hand-overs are the whole time.
TEST(PipelineSchedule, TheCriticalSlotsAreTheWholeStep) {
  const auto stages = pipeline_schedule(4, 8, 1, Seconds(0.5), Equal(1, 2));
  double critical = 0;
  for (const auto& slots : stages) {
    for (const PipelineSlot& slot : slots) critical += slot.critical ? slot.end - slot.start : 0;
  }
  // The rest is hand-overs, 0.5 each.
  const double rest = (end_of(stages) - critical) / 0.5;
  EXPECT_GE(rest, 0);
  EXPECT_DOUBLE_EQ(rest, std::round(rest));
}

}  // namespace
}  // namespace seqspan::sim
