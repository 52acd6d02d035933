// The memory frontier of a layout: how long sequences may be before a GPU's memory is full.
//
// Sequences are tried in multiples of a unit, 2 c t tokens repeated up to at least 1,024: what
// rings, their zigzag halves and tensor parallelism with sequence parallelism divide. Doubling,
// then halving the interval, since memory grows with the sequence. The batch stays the job's.
#pragma once

#include "sim/engine/simulator.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::planner {

struct LongestSequence {
  std::int64_t unit = 0;    // tokens
  std::int64_t tokens = 0;  // the longest that fits; 0: not even one unit does
  sim::StageMemory memory;  // of the stage that needs most, at `tokens`
  std::int64_t next = 0;    // tokens + unit, which do not fit; 0: the longest possible fits
  sim::Bytes next_peak;
};

// Longer ones are not tried: bytes of s x s matrices still count in 63 bits.
inline constexpr std::int64_t kLongestPossible = std::int64_t{1} << 26U;

// Errors: kInput where the layout breaks a rule for every length.
[[nodiscard]] sim::Result<LongestSequence> longest_sequence(const sim::Job& job,
                                                            const sim::LayoutChoice& choice);

}  // namespace seqspan::planner
