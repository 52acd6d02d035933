#include "sim/engine/step_time.hpp"

#include <algorithm>

#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

bool has_ops(const Program& program, When when) {
  return std::any_of(program.ops.begin(), program.ops.end(),
                     [when](const Op& op) { return op.when == when; });
}

bool has_ops(const Program& program, BlockIndex Part::*block, When when) {
  return std::any_of(program.parts.begin(), program.parts.end(), [&](const Part& part) {
    const Block& ops = program.blocks[part.*block];
    const auto first = program.ops.begin() + static_cast<std::ptrdiff_t>(ops.first_op);
    return std::any_of(first, first + static_cast<std::ptrdiff_t>(ops.op_count),
                       [when](const Op& op) { return op.when == when; });
  });
}

constexpr Law kOneForwardOneBackward{"step, 1F1B",
                                     "sim/engine/pipeline_time.hpp: stages admit p - i "
                                     "micro-batches; checked against a simulation of every one"};
constexpr Law kInterleaved{"step, interleaved",
                           "Narayanan et al., arXiv 2104.04473, section 2.2: the ramp over v"};

template <class Numbers>
NumberOf<Numbers, Seconds> step_of(const Numbers& in, const NumberOf<Numbers, Seconds>& pipeline,
                                   const StepTime& time) {
  auto step =
      pipeline +
      in.given("first_wait", time.first_wait,
               "what the first micro-batch takes longer: gathers of updated parameters") +
      in.given("last_wait", time.last_wait,
               "what the last micro-batch takes longer: reductions of gradients beside it") +
      in.given("gradient_tail", time.gradient_tail,
               "reductions and copies that outlast the last backward") +
      in.given("optimizer", time.update, "the update blocks on their streams");
  if (time.curvature != Seconds(0)) {
    step = step + in.given("curvature", time.curvature,
                           "documents: kernels of rows with other loads than the mean, on average "
                           "(sim/engine/document_time.hpp)");
  }
  if (time.uneven != Seconds(0)) {
    step = step + in.given("uneven", time.uneven,
                           "documents: bubbles between micro-batches that differ "
                           "(sim/engine/uneven_pipeline.hpp)");
  }
  if (time.groups != Seconds(0)) {
    step = step + in.given("groups", time.groups,
                           "documents: groups as small as each allows, against groups of one size, "
                           "on average (sim/engine/grouped_documents.hpp)");
  }
  if (time.imbalance != Seconds(0)) {
    step = step + in.given("imbalance", time.imbalance,
                           "documents: what ranks with more attention than the mean take longer, "
                           "the mean of steps that were drawn (sim/engine/document_time.hpp)");
  }
  return step;
}

}  // namespace

void StepTimeReader::run_forward(const Program& program, const StageClass& stage,
                                 MicroBatchPosition position) {
  clock_.restart(position);
  for (std::size_t r = 0; r < stage.run_count; ++r) {
    const PartRun& run = program.runs[stage.first_run + r];
    clock_.run(program.blocks[program.parts[run.part].forward], run.count);
  }
}

StepTimeReader::MicroBatchTime StepTimeReader::run_backward(const Program& program,
                                                            const StageClass& stage) {
  MicroBatchTime time;
  time.forward = clock_.compute_end();
  for (std::size_t r = stage.run_count; r-- > 0;) {
    const PartRun& run = program.runs[stage.first_run + r];
    clock_.run(program.blocks[program.parts[run.part].backward], run.count);
  }
  time.backward = clock_.compute_end() - time.forward;
  time.tail = clock_.end() - clock_.compute_end();
  time.host_tail =
      clock_.end() - std::max(clock_.compute_end(), clock_.end_without(Stream::kToHost));
  return time;
}

StepTimeReader::MicroBatchTime StepTimeReader::run_micro_batch(const Program& program,
                                                               const StageClass& stage,
                                                               MicroBatchPosition position) {
  run_forward(program, stage, position);
  return run_backward(program, stage);
}

PhaseSeconds StepTimeReader::waits(const Program& program, const StageClass& stage,
                                   MicroBatchPosition position, const MicroBatchTime& time) const {
  if (launches_ == nullptr || !launches_->known()) return {Seconds(0), Seconds(0)};
  return waits_for_host({time.forward, time.backward}, launches_->seconds(program, stage, position),
                        program.pipeline_stages > 1);
}

StepTimeReader::MicroBatchTime StepTimeReader::with_host(const Program& program,
                                                         const StageClass& stage,
                                                         MicroBatchPosition position,
                                                         MicroBatchTime time) const {
  const PhaseSeconds waited = waits(program, stage, position, time);
  time.forward += waited.forward;
  time.backward += waited.backward;
  return time;
}

void StepTimeReader::charge(const Program& program, const StageClass& stage,
                            MicroBatchPosition position, double micro_batches,
                            ExposedTime& exposed) {
  const MicroBatchTime time = run_micro_batch(program, stage, position);
  const PhaseSeconds waited = waits(program, stage, position, time);
  exposed.host += micro_batches * (waited.forward + waited.backward);
  const std::span<const double> waits = clock_.exposed();
  for (std::size_t i = 0; i < waits.size(); ++i) exposed.by_op[i] += micro_batches * waits[i];
}

StepTime StepTimeReader::read_micro_batches(const Program& program,
                                            std::span<const Seconds> durations,
                                            std::span<const LinkUse> uses,
                                            const HostLaunches* launches) {
  clock_.count_waits(false);
  clock_.begin(program, durations, uses);
  launches_ = launches;
  stages_.clear();
  // Without ops of their own the first and the last micro-batch are like any other.
  const bool has_first = has_ops(program, When::kFirstMicroBatch);
  const bool has_last = has_ops(program, When::kLastMicroBatch);
  const bool last_forward_is_usual = !has_ops(program, &Part::forward, When::kLastMicroBatch);
  const bool first_backward_is_usual = !has_ops(program, &Part::backward, When::kFirstMicroBatch);

  StepTime result;
  Seconds busiest(0);
  for (std::size_t c = 0; c < program.stages.size(); ++c) {
    const StageClass& stage = program.stages[c];
    run_forward(program, stage, {});
    clock_.save();
    const MicroBatchTime on_gpu = run_backward(program, stage);
    const MicroBatchTime usual = with_host(program, stage, {}, on_gpu);
    stages_.push_back({stage.count, usual.forward, usual.backward});
    if (usual.both() > busiest) {
      busiest = usual.both();
      result.busiest_stage_class = c;
      result.forward = usual.forward;
      result.backward = usual.backward;
      result.gpu = {on_gpu.forward, on_gpu.backward};
    }
    MicroBatchTime last = on_gpu;
    if (has_last && last_forward_is_usual) {
      clock_.go_back({.first = false, .last = true});
      last = run_backward(program, stage);
    } else if (has_last) {
      last = run_micro_batch(program, stage, {.first = false, .last = true});
    }
    MicroBatchTime first = on_gpu;
    if (has_first) {
      run_forward(program, stage, {.first = true, .last = false});
      if (first_backward_is_usual && clock_.as_saved()) {
        first.forward = clock_.compute_end();
      } else {
        first = run_backward(program, stage);
      }
    }
    first = with_host(program, stage, {.first = true, .last = false}, first);
    last = with_host(program, stage, {.first = false, .last = true}, last);
    result.first_wait = std::max(result.first_wait, first.both() - usual.both());
    result.last_wait = std::max(result.last_wait, last.both() - usual.both());
    if (last.tail > result.gradient_tail) {
      result.gradient_tail = last.tail;
      result.host_tail = last.host_tail;
    }
    Seconds update(0);
    clock_.restart({});
    for (std::size_t r = 0; r < stage.run_count; ++r) {
      const PartRun& run = program.runs[stage.first_run + r];
      clock_.run(program.blocks[program.parts[run.part].update], run.count);
    }
    update = clock_.end();
    result.update = std::max(result.update, update);
  }
  return result;
}

StepTime StepTimeReader::read(const Program& program, std::span<const Seconds> durations,
                              std::span<const LinkUse> uses, const HostLaunches* launches) {
  micro_batches_ = read_micro_batches(program, durations, uses, launches);
  return read_again(program, durations);
}

StepTime StepTimeReader::read_again(const Program& program, std::span<const Seconds> durations) {
  StepTime result = micro_batches_;
  if (program.boundary_part != Program::kNoPart) {
    const Block& send = program.blocks[program.parts[program.boundary_part].forward];
    result.hand_over = durations[send.first_op];
  }
  const PipelineTime pipeline =
      pipeline_time(stages_, program.micro_batches, program.chunks_per_stage, result.hand_over);
  result.bubble = pipeline.bubble;
  result.step = step_of(Plain{}, pipeline.total, result);
  return result;
}

void StepTimeReader::read_stages(const Program& program, std::span<const Seconds> durations,
                                 std::span<const LinkUse> uses, const HostLaunches* launches,
                                 std::vector<StageTime>& stages) {
  clock_.count_waits(false);
  clock_.begin(program, durations, uses);
  launches_ = launches;
  stages.clear();
  for (const StageClass& stage : program.stages) {
    const MicroBatchTime time = with_host(program, stage, {}, run_micro_batch(program, stage, {}));
    stages.push_back({stage.count, time.forward, time.backward});
  }
}

namespace {

// Appends a block for every repetition that ops from `first` on belong to.
void note_blocks(TimedMicroBatch& timed, std::size_t first, std::size_t run, Pass pass,
                 std::int64_t count) {
  for (std::size_t i = first; i < timed.ops.size();) {
    const std::uint32_t repetition = timed.ops[i].repetition;
    TimedBlock block{run, pass, pass == Pass::kBackward ? count - 1 - repetition : repetition, i,
                     0};
    while (i < timed.ops.size() && timed.ops[i].repetition == repetition) ++i;
    block.count = i - block.first;
    timed.blocks.push_back(block);
  }
}

}  // namespace

Pace pace_of(const Program& program, const TimedMicroBatch& timed) {
  Pace pace{{}, timed.forward, timed.backward};
  for (const TimedOp& op : timed.ops) {
    if (joins_ring(program.ops[op.op])) pace.starts.push_back(op.start);
  }
  return pace;
}

TimedMicroBatch StepTimeReader::record(const Program& program, const StageClass& stage,
                                       MicroBatchPosition position, const Pace* pace) {
  TimedMicroBatch timed;
  clock_.record(&timed.ops);
  clock_.follow(pace != nullptr ? std::span<const double>(pace->starts)
                                : std::span<const double>());
  clock_.restart(position);
  const auto run_blocks = [&](std::size_t r, Pass pass) {
    const PartRun& run = program.runs[stage.first_run + r];
    const Part& part = program.parts[run.part];
    const std::size_t first = timed.ops.size();
    clock_.run(program.blocks[pass == Pass::kForward ? part.forward : part.backward], run.count);
    note_blocks(timed, first, stage.first_run + r, pass, run.count);
  };
  for (std::size_t r = 0; r < stage.run_count; ++r) run_blocks(r, Pass::kForward);
  timed.forward = pace != nullptr ? pace->forward : clock_.compute_end();
  if (pace != nullptr) clock_.hold_compute(pace->forward.value());
  const std::size_t backward = timed.ops.size();
  for (std::size_t r = stage.run_count; r-- > 0;) run_blocks(r, Pass::kBackward);
  timed.backward = clock_.compute_end() - timed.forward;
  timed.tail = clock_.end() - clock_.compute_end();
  clock_.record(nullptr);
  clock_.follow({});
  if (pace != nullptr) {
    timed.backward = pace->backward;
    return timed;
  }
  // What the GPU waits for the host stands at the end of each phase.
  const PhaseSeconds waited =
      waits(program, stage, position, {timed.forward, timed.backward, Seconds(0), Seconds(0)});
  timed.forward += waited.forward;
  timed.backward += waited.backward;
  for (std::size_t i = backward; i < timed.ops.size(); ++i) {
    timed.ops[i].start += waited.forward.value();
    timed.ops[i].end += waited.forward.value();
  }
  return timed;
}

TimedMicroBatch StepTimeReader::record_update(const Program& program, const StageClass& stage) {
  TimedMicroBatch timed;
  clock_.record(&timed.ops);
  clock_.restart({});
  for (std::size_t r = 0; r < stage.run_count; ++r) {
    const PartRun& run = program.runs[stage.first_run + r];
    const std::size_t first = timed.ops.size();
    clock_.run(program.blocks[program.parts[run.part].update], run.count);
    note_blocks(timed, first, stage.first_run + r, Pass::kUpdate, run.count);
  }
  timed.forward = clock_.end();
  clock_.record(nullptr);
  return timed;
}

Formula StepTimeReader::explain(const Program& program, const StepTime& step) const {
  const Tracing in;
  const auto pipeline =
      pipeline_time(in, stages_, program.micro_batches, program.chunks_per_stage, step.hand_over);
  return formula_of(program.chunks_per_stage > 1 ? kInterleaved : kOneForwardOneBackward, "step",
                    step_of(in, in.named("pipeline", pipeline.total), step));
}

ExposedTime StepTimeReader::exposed(const Program& program, const StepTime& step) {
  ExposedTime result;
  result.by_op.assign(program.ops.size(), 0.0);
  clock_.count_waits(true);
  const StageClass& stage = program.stages[step.busiest_stage_class];
  const std::int64_t micro_batches = program.micro_batches;
  charge(program, stage, {}, static_cast<double>(std::max<std::int64_t>(micro_batches - 2, 0)),
         result);
  if (micro_batches == 1) {
    charge(program, stage, {.first = true, .last = true}, 1.0, result);
  } else {
    charge(program, stage, {.first = true, .last = false}, 1.0, result);
    charge(program, stage, {.first = false, .last = true}, 1.0, result);
  }
  for (std::size_t i = 0; i < program.ops.size(); ++i) {
    if (const auto* work = std::get_if<Communication>(&program.ops[i].work)) {
      result.by_axis[static_cast<std::size_t>(work->axis)] += Seconds(result.by_op[i]);
    }
  }
  // Gradients that arrive after the last backward are waited for by the optimizer.
  result.by_axis[static_cast<std::size_t>(Axis::kShard)] += step.gradient_tail - step.host_tail;
  return result;
}

}  // namespace seqspan::sim
