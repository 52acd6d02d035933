// The time reader: how long one training step takes, read off the Program.
//
// A micro-batch runs the forward blocks of a stage's parts in order, then the backward blocks in
// reverse, on the streams of one rank (schedule_clock.hpp). The first micro-batch also waits for
// the parameters that the optimizer updated, the last one reduces gradients; those in between are
// alike. Stages are put together by the pipeline schedule (pipeline_time.hpp), then the optimizer
// runs.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "sim/engine/pipeline_time.hpp"
#include "sim/engine/schedule_clock.hpp"
#include "sim/program/program.hpp"

namespace seqspan::sim {

struct StepTime {
  Seconds step;
  Seconds bubble;  // pipeline ramp: the step without it is all micro-batches on the busiest stage
  Seconds update;  // optimizer, and what it gathers or reduces on its own
  Seconds gradient_tail;  // reduction that outlasts the last backward
  std::size_t busiest_stage_class = 0;
  // Of the busiest stage over the step: time that compute waited for communication, by axis.
  std::array<Seconds, kAxisCount> exposed{};
};

class StepTimeReader {
 public:
  // `durations` by op of the program.
  [[nodiscard]] StepTime read(const Program& program, std::span<const Seconds> durations);

  // Time that the busiest stage's compute waited for each op over the step, by op of the program.
  // Valid after read().
  [[nodiscard]] std::span<const double> exposed_by_op() const { return exposed_by_op_; }

 private:
  struct MicroBatchTime {
    Seconds forward;
    Seconds backward;
    Seconds tail;  // streams that compute did not wait for
  };

  [[nodiscard]] MicroBatchTime run_micro_batch(const Program& program, const StageClass& stage,
                                               MicroBatchPosition position);
  void charge_exposed(const Program& program, double micro_batches);

  ScheduleClock clock_;
  std::vector<StageTime> stages_;
  std::vector<double> exposed_by_op_;
};

}  // namespace seqspan::sim
