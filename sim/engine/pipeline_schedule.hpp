// When every micro-batch runs on every pipeline stage: what a trace of a step shows.
//
// Stages work their chunks in the order of Megatron-LM (megatron/core/pipeline_parallel/
// schedules.py): warm-up forwards, then one forward and one backward in turn, then the rest of the
// backwards. 1F1B: stage i of p warms up with min(m, p - 1 - i) micro-batches. Interleaved with v
// chunks: with min(m v, 2 (p - i - 1) + (v - 1) p) chunks, micro-batches in groups of p. A chunk
// starts when the stage is free and what it needs has come over: the hand-over takes x.
//
// The length of a step is pipeline_time()'s; without pipeline, and with equal stages, both are the
// same (tests/unit/sim/engine/pipeline_schedule_test.cpp).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/units/units.hpp"

namespace seqspan::sim {

// One chunk of a stage at work for one micro-batch, forward or backward.
struct PipelineSlot {
  std::int64_t micro_batch = 0;
  std::int64_t chunk = 0;
  bool forward = true;
  double start = 0;
  double end = 0;
  // Chunks of this stage that have run forward and wait for their backward, this one not counted.
  std::int64_t waiting = 0;
  // A delay of it delays the end of the step.
  bool critical = false;
};

// Seconds of each slot. `duration(stage, micro_batch, chunk, forward)`.
class SlotDurations {
 public:
  virtual ~SlotDurations() = default;
  [[nodiscard]] virtual double of(std::int64_t stage, const PipelineSlot& slot) const = 0;
};

// By stage, in the order in which the stage runs them.
[[nodiscard]] std::vector<std::vector<PipelineSlot>> pipeline_schedule(
    std::int64_t stages, std::int64_t micro_batches, std::int64_t chunks, Seconds hand_over,
    const SlotDurations& durations);

}  // namespace seqspan::sim
