// When the compute of a rank has nothing to do because the rank that decides the step is not there
// yet (sim/engine/rank_timelines.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine/step_timeline.hpp"

namespace seqspan::cli {

struct RankWait {
  std::int64_t start = 0;  // nanoseconds of the step
  std::int64_t end = 0;
};

// Of one micro-batch in one direction, whose `blocks` are shifted by `shift` to where they are in
// the step: while something that joins the ring is ready and the other rank's is not, and from the
// end of compute to the end of the slot. Ascending, apart from each other and from compute ops.
[[nodiscard]] std::vector<RankWait> rank_waits(const sim::Program& program,
                                               const sim::TimedMicroBatch& timed,
                                               const sim::SlotBlocks& blocks, double shift,
                                               const sim::PipelineSlot& slot);

[[nodiscard]] std::int64_t length_of(const std::vector<RankWait>& waits);

}  // namespace seqspan::cli
