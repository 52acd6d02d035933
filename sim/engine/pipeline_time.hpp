// The time of a pipelined step from the times of its stages.
//
// 1F1B, stages i = 0..p-1 with f_i + b_i per micro-batch and x for one hand-over, m micro-batches:
//   step = sum_i (f_i + b_i) + 2 x (p-1) + (m-1) period
//   period = max over ranges [i..k] of (sum_{j=i..k} (f_j + b_j) + 2 x (k-i)) / (k-i+1)
// Stage i has at most p - i micro-batches in flight, so the round trip from stage i to stage k and
// back admits k-i+1 of them: the hand-overs cost up to 2x per micro-batch although no stage works
// on them. The period is exact for many micro-batches; the step is checked against a simulation of
// every micro-batch on every stage (tests/unit/sim/engine/pipeline_time_test.cpp).
//
// Interleaved with v chunks per stage (arXiv 2104.04473, section 2.2): the ramp shrinks to 1/v, and
// hand-overs run under compute:
//   step = m max_i (f_i + b_i) + (sum_i (f_i + b_i) - max_i (f_i + b_i)) / v + 2 x (p-1)
#pragma once

#include <cstdint>
#include <span>

#include "sim/formula/numbers.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// `count` consecutive stages of the same times.
struct StageTime {
  std::int64_t count = 1;
  Seconds forward;
  Seconds backward;

  [[nodiscard]] Seconds both() const { return forward + backward; }
};

template <class Numbers>
struct PipelineTimeOf {
  NumberOf<Numbers, Seconds> total;
  NumberOf<Numbers, Seconds> bubble;  // total less what the busiest stage works
};
using PipelineTime = PipelineTimeOf<Plain>;

template <class Numbers>
[[nodiscard]] PipelineTimeOf<Numbers> pipeline_time(const Numbers& in,
                                                    std::span<const StageTime> stages,
                                                    std::int64_t micro_batches, std::int64_t chunks,
                                                    Seconds hand_over);
[[nodiscard]] PipelineTime pipeline_time(std::span<const StageTime> stages,
                                         std::int64_t micro_batches, std::int64_t chunks,
                                         Seconds hand_over);

// Micro-batch chunks whose activations stage `stage` holds at once: 1F1B min(m, p - i); interleaved
// min(m v, 2 (p - i - 1) + (v - 1) p + 1).
// Source: Megatron-LM megatron/core/pipeline_parallel/schedules.py.
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, std::int64_t> chunks_in_flight(const Numbers& in,
                                                               std::int64_t stages,
                                                               std::int64_t stage,
                                                               std::int64_t micro_batches,
                                                               std::int64_t chunks);
[[nodiscard]] std::int64_t chunks_in_flight(std::int64_t stages, std::int64_t stage,
                                            std::int64_t micro_batches, std::int64_t chunks);

}  // namespace seqspan::sim
