// The memory of a stage over a step.
//
//   at an op = standing + waiting chunks x saved of one + saved by the parts below + the part's own
// the same terms that step_memory.hpp takes the highest of, so that the highest sample is the peak.
// A sample's time is that of the compute op that is issued then: memory is taken and freed in the
// order of issue.
#pragma once

#include <vector>

#include "sim/engine/step_memory.hpp"
#include "sim/engine/step_time.hpp"

namespace seqspan::sim {

// What the blocks of a stage occupy at their ops, by run of the stage.
struct RunLive {
  std::vector<LiveBytes> forward;
  std::vector<LiveBytes> backward;
  PartMemory memory;
  std::int64_t per_chunk = 0;  // equal parts of one chunk
};
struct StageLive {
  std::vector<RunLive> runs;
  Bytes saved_per_chunk;  // of a chunk that waits
};
[[nodiscard]] StageLive stage_live(const Program& program, const StageClass& stage,
                                   const StepMemoryReader& memory);

// Activations of one chunk at work; the waiting ones come on top.
struct ActivationSample {
  double time = 0;  // seconds from the start of the micro-batch
  Bytes saved;
  Bytes transient;
};
enum class SampleDetail : std::uint8_t {
  kEveryOp,
  kEveryBlock,  // start, highest point and end of each
};

// Blocks [first, last) of the micro-batch, without interleaving.
[[nodiscard]] std::vector<ActivationSample> activation_samples(
    const Program& program, const StageClass& stage, const StageLive& live,
    const TimedMicroBatch& timed, std::size_t first, std::size_t last, SampleDetail detail);
// With interleaving the reader takes every chunk for the heaviest: start, highest point and end of
// one between these times.
[[nodiscard]] std::vector<ActivationSample> chunk_samples(const StageLive& live, bool forward,
                                                          double start, double end);

}  // namespace seqspan::sim
