// What a Simulator remembers of the layouts that it has read, so that others need not be lowered.
//
//   parts      by same_blocks(layout): what each part's blocks hold, ask of communicators, and take
//              at least. Layouts that differ in pp, vpp, placement, mostly in dp, and in whether
//              the optimizer is shared out share a row
//   standing   by same_standing(layout): parameters, gradients and optimizer state of each part
//   steps      by layout: how long its step takes
// Memory of a layout, and the bound of its step, follow from the first two and the stages; the step
// itself needs the program where it is not known.
//
// Bounds: at most as many rows as ReadingCounts has; a row of the first two has as many entries as
// the job's programs have parts. With the usual counts and a job of two kinds of layers (5 parts)
// 16 + 7 + 31 MB and 2 MB of places for a search that fills all three; pages that are not written
// are not taken. Forgets what was asked for longest ago (bounded_table.hpp). One
// for each thread.
#pragma once

#include <optional>
#include <span>

#include "sim/engine/bounded_table.hpp"
#include "sim/engine/communicator_uses.hpp"
#include "sim/engine/least_step.hpp"
#include "sim/engine/step_memory.hpp"

namespace seqspan::sim {

// Rows of the tables at most; without rows nothing is remembered.
struct ReadingCounts {
  std::size_t parts = std::size_t{1} << 14U;
  std::size_t standing = std::size_t{1} << 11U;
  std::size_t steps = std::size_t{1} << 19U;
};
inline constexpr ReadingCounts kNoReadings{0, 0, 0};

// Of one part.
struct PartReading {
  PartMemory memory;
  CommunicatorUses uses{};
  std::optional<PartWork> work;  // read later than the others, and only where it is asked for
};

struct StepReading {
  Seconds step;
  Seconds bubble;
  Seconds imbalance;
};

struct LayoutReadings {
  // `part_count`: of the job's programs at most.
  LayoutReadings(const ReadingCounts& counts, std::size_t part_count)
      : parts(counts.parts, part_count),
        standing(counts.standing, part_count),
        steps(counts.steps, 1) {}

  BoundedTable<PartReading> parts;
  BoundedTable<PartStanding> standing;
  BoundedTable<StepReading> steps;
};

}  // namespace seqspan::sim
