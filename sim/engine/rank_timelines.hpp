// The ranks of a contiguous ring beside each other: what `simulate --trace` shows of them.
//
// The last rank works at every hop and decides the step (sim/lower/attention/ring.hpp); the others
// work at fewer and wait. Each is read like the last: its own program (lower_for), the durations of
// its own ops, its own memory, the same clock. What couples them is said by the last rank's
// timeline:
//   a hop, and what is gathered or reduced over all ranks, starts on a rank when the rank is ready
//   and the last one has started it;
//   forward, backward and optimizer start with the last rank's.
// Assumption: ring-flash-attention posts the send and the receive of a hop together
// (batch_isend_irecv), so that a hop is over when both neighbours have come to it; the last rank is
// ready last at every hop (tests/unit/sim/engine/ring_coupling_test.cpp), and all wait for it. For
// rank 0, which receives from the last rank, that is exact whatever the transport; rank k may have
// a hop up to k attention steps sooner where sends are buffered. It moves the waiting of other
// ranks, and neither their work nor the step.
//
// Only yunchang has the contiguous order, and no pipeline: such a step has one stage.
#pragma once

#include "sim/engine/step_timeline.hpp"

namespace seqspan::sim {

// A ring of so many ranks is shown whole; of a larger one the first, the middle and the last.
inline constexpr std::int64_t kMostRanksShown = 8;

// Ranks of the ring whose timelines are worth beside each other, ascending, with the one that
// decides. Only that one where all run the same ops, where the layout has a pipeline, and with
// documents, whose loads the programs hold as means.
[[nodiscard]] std::vector<std::int64_t> shown_ring_ranks(const Job& job, const Layout& layout);

}  // namespace seqspan::sim
