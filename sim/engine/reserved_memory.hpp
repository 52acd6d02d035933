// What PyTorch reserves of a GPU for a pipeline stage: its allocator (caching_allocator.hpp) given
// every tensor of the stage's parts in the order in which the host makes and frees it.
//
// From the start there are parameters, and gradients that are buffers. Then steps, each:
//   micro-batches  chunk after chunk in the order of the pipeline (pipeline_schedule.hpp), forward
//                  from the embedding to the loss, backward in reverse; inside of a block as
//                  block_memory.hpp walks it. A block's outputs are the inputs of the next; what
//                  comes from another stage is made anew
//   update         the first one makes the optimizer's state, word by word, layer after layer; it
//                  stays
//   next step      gradients that the framework sets to None are gone, until backward makes them
// Two steps: the second has the state beside its activations, in the gaps that the first has left.
// What does not exist yet is not counted, so that what is allocated at the peak may be less than
// step_memory.hpp says, where gradients stand.
//
// Equal layers are not skipped, because what is left in the gaps depends on the order. Of very
// many micro-batches only so many are walked as make 250,000 ops, at least 4 p: the steady state
// repeats itself, and what it adds is less than 1 %
// (tests/unit/sim/engine/reserved_memory_test.cpp).
//
// Left out, besides what memory.md says of allocated memory: parameters and gradients of a layer
// are one tensor each where PyTorch has one for each matrix; what ran before the first step; memory
// of streams for attention's second half (TransformerEngine).
#pragma once

#include <optional>

#include "sim/engine/caching_allocator.hpp"
#include "sim/program/program.hpp"

namespace seqspan::sim {

struct ReservedMemory {
  std::int64_t stage = 0;
  Bytes reserved;   // the most that was taken from the device
  Bytes allocated;  // the most that was in use, rounded as the allocator does
  // The limit was met: segments were returned so often to go on, and whether that was enough.
  std::int64_t times_returned = 0;
  bool out_of_memory = false;  // then the rest is what it would be without a limit
};

// `limit`: of the device, for PyTorch. The stage that reserves most, of the first of each of the
// program's classes of stages.
[[nodiscard]] ReservedMemory reserved_memory(const Program& program, SegmentKind kind,
                                             std::optional<Bytes> limit);
// One stage, over `steps`. `most_micro_batches`: absent: as above.
[[nodiscard]] ReservedMemory reserved_by_stage(const Program& program, const StageClass& stage,
                                               SegmentKind kind, std::optional<Bytes> limit,
                                               std::int64_t steps = 2,
                                               std::optional<std::int64_t> most_micro_batches = {});

}  // namespace seqspan::sim
