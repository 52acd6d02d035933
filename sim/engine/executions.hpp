// How often a GPU executes each op of a program in a step, and what of the step the op counts as.
#pragma once

#include "sim/engine/simulator.hpp"
#include "sim/program/program.hpp"

namespace seqspan::sim {

[[nodiscard]] StepBound bound_of(Axis axis);
[[nodiscard]] StepBound bound_of(const Op& op);

// "layer, micro-batch", "micro-batch", "layer, step" or "step".
[[nodiscard]] const char* frequency_of(const Program& program, std::size_t op);

// Calls visit(op index, executions per step) for every op that a GPU of the stage executes.
template <class Visit>
void for_each_execution(const Program& program, const StageClass& stage, Visit visit) {
  const auto visit_block = [&](const Block& block, std::int64_t instances,
                               std::int64_t micro_batches) {
    for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
      std::int64_t times = 1;
      for (std::size_t l = block.first_loop; l < block.first_loop + block.loop_count; ++l) {
        const Loop& loop = program.loops[l];
        if (i >= loop.first && i < loop.first + loop.count) times = loop.times;
      }
      const bool every = program.ops[i].when == When::kEvery;
      visit(i, instances * times * (every ? micro_batches : 1));
    }
  };
  for (std::size_t r = 0; r < stage.run_count; ++r) {
    const PartRun& run = program.runs[stage.first_run + r];
    const Part& part = program.parts[run.part];
    visit_block(program.blocks[part.forward], run.count, program.micro_batches);
    visit_block(program.blocks[part.backward], run.count, program.micro_batches);
    visit_block(program.blocks[part.update], run.count, 1);
  }
  if (program.boundary_part == Program::kNoPart) return;
  const Part& boundary = program.parts[program.boundary_part];
  const std::int64_t hand_overs = program.micro_batches * program.chunks_per_stage;
  visit_block(program.blocks[boundary.forward], 1, hand_overs);
  visit_block(program.blocks[boundary.backward], 1, hand_overs);
}

}  // namespace seqspan::sim
