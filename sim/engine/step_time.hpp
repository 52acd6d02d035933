// The time reader: how long one training step takes, read off the Program.
//
// A micro-batch runs the forward blocks of a stage's parts in order, then the backward blocks in
// reverse, on the streams of one rank (schedule_clock.hpp), or as slowly as the host issues them
// (host_launches.hpp). The first micro-batch also waits for
// the parameters that the optimizer updated, the last one reduces gradients; those in between are
// alike. Stages are put together by the pipeline schedule (pipeline_time.hpp), then the optimizer
// runs:
//   step = pipeline + first wait + last wait + gradient tail + optimizer
// and with documents the imbalance between ranks (document_time.hpp), which is added later.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "sim/engine/host_launches.hpp"
#include "sim/engine/pipeline_time.hpp"
#include "sim/engine/schedule_clock.hpp"
#include "sim/formula/formula.hpp"
#include "sim/program/program.hpp"

namespace seqspan::sim {

struct StepTime {
  Seconds step;
  Seconds bubble;  // pipeline ramp: the step without it is all micro-batches on the busiest stage
  Seconds update;  // optimizer, and what it gathers or reduces on its own
  Seconds gradient_tail;  // reduction that outlasts the last backward
  Seconds host_tail;      // of it, copies to the host that outlast the reduction
  // What the first and the last micro-batch take longer than those between.
  Seconds first_wait;
  Seconds last_wait;
  Seconds hand_over;  // of one micro-batch between two stages
  // With documents (document_time.hpp): what the ranks with most attention take longer than the
  // mean, what unevenness costs all, and last the standard error of the step.
  Seconds imbalance;
  Seconds curvature;
  Seconds uneven;  // what micro-batches that differ do to a pipeline
  Seconds groups;  // what groups as small as each document allows take more (or less, below 0)
  Seconds error;
  std::size_t busiest_stage_class = 0;
  // One micro-batch of the busiest stage.
  Seconds forward;
  Seconds backward;
  PhaseSeconds gpu;  // of these, without what the GPU waits for the host
};

// Time that the compute of the busiest stage waits for communication over a step.
struct ExposedTime {
  std::array<Seconds, kAxisCount> by_axis{};
  std::vector<double> by_op;  // seconds, by op of the program
  Seconds host;               // for the host, which issues ops more slowly than they run
};

// A block as one micro-batch, or the update, runs it once.
struct TimedBlock {
  std::size_t run = 0;         // index into Program::runs
  Pass pass = Pass::kForward;  // kForward, kBackward or kUpdate
  std::int64_t instance = 0;   // which of the run's equal parts, from the stage's first
  std::size_t first = 0;       // into TimedMicroBatch::ops
  std::size_t count = 0;
};

// Every op of one micro-batch on one stage, in the order of issue; seconds from its start.
struct TimedMicroBatch {
  std::vector<TimedOp> ops;
  std::vector<TimedBlock> blocks;
  Seconds forward;
  Seconds backward;
  Seconds tail;  // what runs on when compute has all it waits for
};

// What the rank that decides does to the others of its ring (rank_timelines.hpp).
struct Pace {
  std::vector<double> starts;  // of what joins the ring, in the order of issue
  Seconds forward;             // how long its phases take
  Seconds backward;
};
[[nodiscard]] Pace pace_of(const Program& program, const TimedMicroBatch& timed);

class StepTimeReader {
 public:
  // `durations` and `uses` by op of the program (schedule_clock.hpp); no launches: the host takes
  // no time.
  [[nodiscard]] StepTime read(const Program& program, std::span<const Seconds> durations,
                              std::span<const LinkUse> uses = {},
                              const HostLaunches* launches = nullptr);
  // Of the stages that were just read, in a program that differs in vpp alone.
  [[nodiscard]] StepTime read_again(const Program& program, std::span<const Seconds> durations);

  // One micro-batch, neither the first nor the last, of every stage class: forward and backward.
  void read_stages(const Program& program, std::span<const Seconds> durations,
                   std::span<const LinkUse> uses, const HostLaunches* launches,
                   std::vector<StageTime>& stages);

  // Of the step that was just read, with the same program, durations, uses and launches still
  // there.
  [[nodiscard]] ExposedTime exposed(const Program& program, const StepTime& step);

  // Of the step that was just read, likewise: one micro-batch, or the update with the seconds of
  // all of it as `forward`, op by op. With a pace as a rank of the same ring runs it: what joins
  // the ring, and the backward, start no sooner than on the rank that decides, and its phases
  // count.
  [[nodiscard]] TimedMicroBatch record(const Program& program, const StageClass& stage,
                                       MicroBatchPosition position, const Pace* pace = nullptr);
  [[nodiscard]] TimedMicroBatch record_update(const Program& program, const StageClass& stage);

  // How the step that was just read comes about: formula.value() is its length.
  [[nodiscard]] Formula explain(const Program& program, const StepTime& step) const;

 private:
  struct MicroBatchTime {
    Seconds forward;
    Seconds backward;
    Seconds tail;       // streams that compute did not wait for
    Seconds host_tail;  // of it, that to the host behind all others

    [[nodiscard]] Seconds both() const { return forward + backward; }
  };

  void run_forward(const Program& program, const StageClass& stage, MicroBatchPosition position);
  // After a forward.
  [[nodiscard]] MicroBatchTime run_backward(const Program& program, const StageClass& stage);
  [[nodiscard]] MicroBatchTime run_micro_batch(const Program& program, const StageClass& stage,
                                               MicroBatchPosition position);
  // How long the GPU waits for the host in a micro-batch that takes so long on its streams.
  [[nodiscard]] PhaseSeconds waits(const Program& program, const StageClass& stage,
                                   MicroBatchPosition position, const MicroBatchTime& time) const;
  [[nodiscard]] MicroBatchTime with_host(const Program& program, const StageClass& stage,
                                         MicroBatchPosition position, MicroBatchTime time) const;
  // Runs one micro-batch and charges it as often.
  void charge(const Program& program, const StageClass& stage, MicroBatchPosition position,
              double micro_batches, ExposedTime& exposed);

  // All but the pipeline.
  [[nodiscard]] StepTime read_micro_batches(const Program& program,
                                            std::span<const Seconds> durations,
                                            std::span<const LinkUse> uses,
                                            const HostLaunches* launches);

  ScheduleClock clock_;
  StepTime micro_batches_;
  const HostLaunches* launches_ = nullptr;
  std::vector<StageTime> stages_;
};

}  // namespace seqspan::sim
