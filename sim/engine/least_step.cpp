#include "sim/engine/least_step.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

double compute_of(const Program& program, std::span<const Seconds> durations, const Block& block) {
  double seconds = 0;
  std::size_t loop = block.first_loop;
  const std::size_t loop_end = block.first_loop + block.loop_count;
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
    const Op& op = program.ops[i];
    while (loop < loop_end && i >= program.loops[loop].first + program.loops[loop].count) ++loop;
    if (op.stream != Stream::kCompute || op.when != When::kEvery) continue;
    const bool inside = loop < loop_end && i >= program.loops[loop].first;
    const double times = inside ? static_cast<double>(program.loops[loop].times) : 1.0;
    seconds += times * durations[i].value();
  }
  return seconds;
}

}  // namespace

Seconds least_step(const Program& program, std::span<const Seconds> durations,
                   const HostLaunches& launches) {
  double busiest = 0;
  for (const StageClass& stage : program.stages) {
    double seconds = 0;
    for (std::size_t r = 0; r < stage.run_count; ++r) {
      const PartRun& run = program.runs[stage.first_run + r];
      const Part& part = program.parts[run.part];
      // Equal parts of two stage classes are added up twice; there are few.
      seconds += static_cast<double>(run.count) *
                 (compute_of(program, durations, program.blocks[part.forward]) +
                  compute_of(program, durations, program.blocks[part.backward]));
    }
    const PhaseSeconds host = launches.seconds(program, stage, {});
    busiest = std::max({busiest, seconds, (host.forward + host.backward).value()});
  }
  // Sums in another order than the reader's may differ in their last bits.
  constexpr double kRounding = 1 - 1e-9;
  return Seconds(busiest * static_cast<double>(program.micro_batches) * kRounding);
}

}  // namespace seqspan::sim
