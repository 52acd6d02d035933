#include "sim/engine/reserved_memory.hpp"

#include <algorithm>

#include "sim/engine/stage_walk.hpp"

namespace seqspan::sim {
namespace {

// Of all steps: a tenth of a second.
constexpr std::int64_t kMostOps = 250'000;

std::int64_t micro_batches_to_walk(const Program& program, const StageClass& stage,
                                   std::int64_t steps) {
  std::int64_t ops = 0;
  for (std::size_t r = 0; r < stage.run_count; ++r) {
    const PartRun& run = program.runs[stage.first_run + r];
    const Part& part = program.parts[run.part];
    for (const BlockIndex block : {part.forward, part.backward}) {
      const Block& of = program.blocks[block];
      ops += run.count * static_cast<std::int64_t>(of.op_count);
      for (std::size_t l = of.first_loop; l < of.first_loop + of.loop_count; ++l) {
        const Loop& loop = program.loops[l];
        ops += run.count * (loop.times - 1) * static_cast<std::int64_t>(loop.count);
      }
    }
  }
  const std::int64_t affordable = kMostOps / std::max<std::int64_t>(1, steps * ops);
  return std::max(4 * program.pipeline_stages, affordable);
}

}  // namespace

ReservedMemory reserved_by_stage(const Program& program, const StageClass& stage, SegmentKind kind,
                                 std::optional<Bytes> limit, std::int64_t steps,
                                 std::optional<std::int64_t> most_micro_batches) {
  ReservedMemory result;
  result.stage = stage.first_stage;
  const std::int64_t most =
      most_micro_batches.value_or(micro_batches_to_walk(program, stage, steps));
  StageWalk walk(program, stage, kind, limit, most);
  result.out_of_memory = !walk.run(steps);
  if (!result.out_of_memory) {
    result.reserved = walk.allocator().peak_reserved();
    result.allocated = walk.allocator().peak_allocated();
    result.times_returned = walk.allocator().times_returned();
    return result;
  }
  StageWalk unlimited(program, stage, kind, std::nullopt, most);
  (void)unlimited.run(steps);
  result.reserved = unlimited.allocator().peak_reserved();
  result.allocated = unlimited.allocator().peak_allocated();
  return result;
}

ReservedMemory reserved_memory(const Program& program, SegmentKind kind,
                               std::optional<Bytes> limit) {
  ReservedMemory most;
  for (const StageClass& stage : program.stages) {
    const ReservedMemory here = reserved_by_stage(program, stage, kind, limit);
    if (here.reserved > most.reserved) most = here;
  }
  return most;
}

}  // namespace seqspan::sim
