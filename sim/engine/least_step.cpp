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

double compute_of(const Program& program, std::span<const Seconds> durations, const Part& part) {
  return compute_of(program, durations, program.blocks[part.forward]) +
         compute_of(program, durations, program.blocks[part.backward]);
}

// `compute` by index of a part, `host` by stage class.
template <class Compute, class Host>
Seconds busiest_stage(const Program& program, const Compute& compute, const Host& host) {
  double busiest = 0;
  for (const StageClass& stage : program.stages) {
    double seconds = 0;
    for (std::size_t r = 0; r < stage.run_count; ++r) {
      const PartRun& run = program.runs[stage.first_run + r];
      // Equal parts of two stage classes are added up twice; there are few.
      seconds += static_cast<double>(run.count) * compute(run.part);
    }
    const PhaseSeconds issued = host(stage);
    busiest = std::max({busiest, seconds, (issued.forward + issued.backward).value()});
  }
  // Sums in another order than the reader's may differ in their last bits.
  constexpr double kRounding = 1 - 1e-9;
  return Seconds(busiest * static_cast<double>(program.micro_batches) * kRounding);
}

}  // namespace

PartWork work_of(const Program& program, std::size_t part, std::span<const Seconds> durations,
                 const HostLaunches& launches) {
  return {Seconds(compute_of(program, durations, program.parts[part])), launches.every(part)};
}

Seconds least_step(const Program& program, std::span<const Seconds> durations,
                   const HostLaunches& launches) {
  return busiest_stage(
      program,
      [&](std::size_t part) { return compute_of(program, durations, program.parts[part]); },
      [&](const StageClass& stage) { return launches.seconds(program, stage, {}); });
}

Seconds least_step(const Program& program, std::span<const PartWork> works,
                   const DeviceProfile& device, const HostTraits& traits) {
  const auto host = [&](const StageClass& stage) -> PhaseSeconds {
    if (!device.host.known()) return {Seconds(0), Seconds(0)};
    PhaseCalls calls;
    for (std::size_t r = stage.first_run; r < stage.first_run + stage.run_count; ++r) {
      const PartRun& run = program.runs[r];
      calls.forward.add(works[run.part].calls.forward, run.count);
      calls.backward.add(works[run.part].calls.backward, run.count);
    }
    return {host_seconds(Plain{}, device, traits, calls.forward),
            host_seconds(Plain{}, device, traits, calls.backward)};
  };
  return busiest_stage(
      program, [&](std::size_t part) { return works[part].compute.value(); }, host);
}

}  // namespace seqspan::sim
