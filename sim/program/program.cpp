#include "sim/program/program.hpp"

namespace seqspan::sim {

void Program::clear() {
  tensors.clear();
  ops.clear();
  loops.clear();
  blocks.clear();
  parts.clear();
  runs.clear();
  stages.clear();
  boundary_part = kNoPart;
  pipeline_stages = 1;
  chunks_per_stage = 1;
  micro_batches = 1;
  group_sizes.fill(1);
}

}  // namespace seqspan::sim
