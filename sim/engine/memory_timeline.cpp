#include "sim/engine/memory_timeline.hpp"

#include <algorithm>
#include <optional>

namespace seqspan::sim {

StageLive stage_live(const Program& program, const StageClass& stage,
                     const StepMemoryReader& memory) {
  StageLive live;
  BlockMemoryReader reader;
  for (std::size_t r = 0; r < stage.run_count; ++r) {
    const PartRun& run = program.runs[stage.first_run + r];
    const Part& part = program.parts[run.part];
    live.runs.push_back({reader.series(program, part, false), reader.series(program, part, true),
                         memory.part(run.part), instances_per_chunk(program, run)});
    if (part.kind != PartKind::kLoss) {
      live.saved_per_chunk += live.runs.back().memory.saved * live.runs.back().per_chunk;
    }
  }
  return live;
}

namespace {

// The samples of one block on top of `below`, at the times of its ops.
class BlockSamples {
 public:
  BlockSamples(const Program& program, const TimedMicroBatch& timed, const TimedBlock& block)
      : program_(program), timed_(timed), block_(block), next_(block.first) {}

  // Of every op of the series; `time`: of the sample before.
  std::vector<ActivationSample> all(const std::vector<LiveBytes>& series, Bytes below,
                                    double time) {
    std::vector<ActivationSample> samples;
    for (const LiveBytes& live : series) {
      time = std::max(time, start_of(live).value_or(time));
      samples.push_back({time, below + live.saved, live.bytes - live.saved});
    }
    return samples;
  }

 private:
  // When the op of compute starts; ops that do not run in this micro-batch and those of other
  // streams are issued with the one before.
  std::optional<double> start_of(const LiveBytes& live) {
    for (std::size_t i = next_; i < block_.first + block_.count; ++i) {
      const TimedOp& timed = timed_.ops[i];
      if (timed.op != live.op || timed.iteration != live.iteration) continue;
      next_ = i;
      if (program_.ops[timed.op].stream != Stream::kCompute) return std::nullopt;
      return timed.start;
    }
    return std::nullopt;
  }

  const Program& program_;
  const TimedMicroBatch& timed_;
  const TimedBlock& block_;
  std::size_t next_;
};

void keep_ends_and_peak(std::vector<ActivationSample>& samples) {
  if (samples.size() < 4) return;
  const auto peak = std::max_element(samples.begin(), samples.end(),
                                     [](const ActivationSample& a, const ActivationSample& b) {
                                       return a.saved + a.transient < b.saved + b.transient;
                                     });
  samples = {samples.front(), *peak, samples.back()};
}

}  // namespace

std::vector<ActivationSample> activation_samples(const Program& program, const StageClass& stage,
                                                 const StageLive& live,
                                                 const TimedMicroBatch& timed, std::size_t first,
                                                 std::size_t last, SampleDetail detail) {
  std::vector<ActivationSample> result;
  double time = 0;
  for (std::size_t b = first; b < last; ++b) {
    const TimedBlock& block = timed.blocks[b];
    const std::size_t here = block.run - stage.first_run;
    Bytes below = live.runs[here].memory.saved * block.instance;
    for (std::size_t r = 0; r < here; ++r) {
      below += live.runs[r].memory.saved * live.runs[r].per_chunk;
    }
    const RunLive& run = live.runs[here];
    std::vector<ActivationSample> samples =
        BlockSamples(program, timed, block)
            .all(block.pass == Pass::kForward ? run.forward : run.backward, below, time);
    if (samples.empty()) continue;
    time = samples.back().time;
    if (detail == SampleDetail::kEveryBlock) keep_ends_and_peak(samples);
    result.insert(result.end(), samples.begin(), samples.end());
  }
  return result;
}

std::vector<ActivationSample> chunk_samples(const StageLive& live, bool forward, double start,
                                            double end) {
  Bytes saved;
  Bytes highest;
  for (const RunLive& run : live.runs) {
    const Bytes base = saved + run.memory.saved * (run.per_chunk - 1);
    highest = std::max(highest, base + (forward ? run.memory.forward : run.memory.backward).bytes);
    saved += run.memory.saved * run.per_chunk;
  }
  const Bytes at_peak = std::min(saved, highest);
  const double middle = start + (end - start) / 2;
  const Bytes nothing(0);
  return {{start, forward ? nothing : saved, nothing},
          {middle, at_peak, highest - at_peak},
          {end, forward ? saved : nothing, nothing}};
}

}  // namespace seqspan::sim
