#include "sim/engine/host_launches.hpp"

#include <algorithm>

#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

constexpr Law kHost{"host", "sim/engine/host_launches.hpp: the host runs ahead of the GPU"};
constexpr const char* kFromProgram = "ops of the program (seqspan simulate --program)";
constexpr const char* kFromBusiestStage =
    "on the streams of the busiest stage, the host ahead (sim/engine/schedule_clock.hpp)";

// What one op adds.
HostCalls calls_of(const Op& op) {
  HostCalls calls;
  if (std::holds_alternative<Gemm>(op.work)) {
    calls.products = 1;
  } else if (const auto* attention = std::get_if<AttentionWork>(&op.work)) {
    calls.attentions = attention->pairs > 0 ? 1 : 0;
  } else if (const auto* pass = std::get_if<MemoryPass>(&op.work)) {
    calls.passes = pass->bytes > Bytes(0) ? 1 : 0;
  } else if (const auto* communication = std::get_if<Communication>(&op.work)) {
    const bool shards =
        communication->axis == Axis::kShard || communication->axis == Axis::kExpertShard;
    (shards && op.when == When::kEvery ? calls.sharded : calls.collectives) = 1;
  } else if (std::holds_alternative<HostCopy>(op.work)) {
    calls.passes = 1;
  }
  return calls;
}

template <class Numbers>
void add_calls(const Numbers& in, NumberOf<Numbers, Seconds>& sum, const char* symbol,
               std::int64_t count, const NumberOf<Numbers, Seconds>& one) {
  if (count > 0) sum = sum + real(in.given(symbol, count, kFromProgram)) * one;
}

}  // namespace

void HostCalls::add(const HostCalls& calls, std::int64_t times) {
  products += times * calls.products;
  attentions += times * calls.attentions;
  passes += times * calls.passes;
  collectives += times * calls.collectives;
  sharded += times * calls.sharded;
}

template <class Numbers>
NumberOf<Numbers, Seconds> host_seconds(const Numbers& in, const DeviceProfile& device,
                                        const HostTraits& traits, const HostCalls& calls) {
  const HostCosts& costs = device.host;
  const auto module =
      in.given("module_overhead", traits.module_overhead, traits.module_overhead_source);
  const auto per_pass =
      in.given("calls_per_pass", traits.calls_per_pass, traits.calls_per_pass_source);
  auto sum = in.constant(Seconds(0));
  add_calls(in, sum, "products", calls.products,
            module * in.sourced("host.product", costs.product, device.sources));
  add_calls(in, sum, "attentions", calls.attentions,
            module * in.sourced("host.attention", costs.attention, device.sources));
  add_calls(in, sum, "passes", calls.passes,
            per_pass * in.sourced("host.pass", costs.pass, device.sources));
  add_calls(in, sum, "collectives", calls.collectives,
            in.sourced("host.collective", costs.collective, device.sources));
  add_calls(in, sum, "sharded", calls.sharded,
            in.sourced("host.sharding", costs.sharding, device.sources));
  return sum;
}

template Seconds host_seconds(const Plain&, const DeviceProfile&, const HostTraits&,
                              const HostCalls&);
template Traced<Seconds> host_seconds(const Tracing&, const DeviceProfile&, const HostTraits&,
                                      const HostCalls&);

PhaseSeconds waits_for_host(const PhaseSeconds& gpu, const PhaseSeconds& host, bool pipelined) {
  const Seconds none(0);
  const Seconds forward = std::max(none, host.forward - gpu.forward);
  const Seconds backward = host.backward - gpu.backward;
  if (pipelined) return {forward, std::max(none, backward)};
  const Seconds both = std::max(none, host.forward + host.backward - gpu.forward - gpu.backward);
  return {std::min(forward, both), both - std::min(forward, both)};
}

HostLaunches::BlockCalls HostLaunches::calls_of(const Program& program, const Block& block) {
  BlockCalls calls;
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count; ++i) {
    std::int64_t times = 1;
    for (std::size_t l = block.first_loop; l < block.first_loop + block.loop_count; ++l) {
      const Loop& loop = program.loops[l];
      if (i >= loop.first && i < loop.first + loop.count) times = loop.times;
    }
    const Op& op = program.ops[i];
    HostCalls& when = op.when == When::kEvery             ? calls.every
                      : op.when == When::kFirstMicroBatch ? calls.first
                                                          : calls.last;
    when.add(sim::calls_of(op), times);
  }
  return calls;
}

void HostLaunches::read(const DeviceProfile& device, const HostTraits& traits,
                        const Program& program) {
  device_ = &device;
  traits_ = traits;
  parts_.clear();
  if (!device.host.known()) return;
  for (const Part& part : program.parts) {
    parts_.push_back({calls_of(program, program.blocks[part.forward]),
                      calls_of(program, program.blocks[part.backward])});
  }
}

PhaseCalls HostLaunches::every(std::size_t part) const {
  if (!known()) return {};
  return {parts_[part].forward.every, parts_[part].backward.every};
}

HostCalls HostLaunches::calls_of(const Program& program, const StageClass& stage,
                                 BlockCalls PartCalls::*phase, MicroBatchPosition position) const {
  HostCalls sum;
  for (std::size_t r = stage.first_run; r < stage.first_run + stage.run_count; ++r) {
    const PartRun& run = program.runs[r];
    const BlockCalls& calls = parts_[run.part].*phase;
    sum.add(calls.every, run.count);
    if (position.first) sum.add(calls.first, run.count);
    if (position.last) sum.add(calls.last, run.count);
  }
  return sum;
}

PhaseSeconds HostLaunches::seconds(const Program& program, const StageClass& stage,
                                   MicroBatchPosition position) const {
  if (!known()) return {Seconds(0), Seconds(0)};
  const auto of = [&](BlockCalls PartCalls::*phase) {
    return host_seconds(Plain{}, *device_, traits_, calls_of(program, stage, phase, position));
  };
  return {of(&PartCalls::forward), of(&PartCalls::backward)};
}

std::vector<Formula> HostLaunches::explain(const Program& program, const StageClass& stage,
                                           const PhaseSeconds& gpu) const {
  if (!known()) return {};
  const Tracing in;
  const auto host = [&](BlockCalls PartCalls::*phase) {
    return host_seconds(in, *device_, traits_, calls_of(program, stage, phase, {}));
  };
  if (program.pipeline_stages > 1) {
    const auto phase = [&](const char* name, Seconds alone, BlockCalls PartCalls::*calls) {
      return formula_of(
          kHost, name,
          largest(in.given("gpu", alone, kFromBusiestStage), in.named("host", host(calls))));
    };
    return {phase("forward", gpu.forward, &PartCalls::forward),
            phase("backward", gpu.backward, &PartCalls::backward)};
  }
  HostCalls calls = calls_of(program, stage, &PartCalls::forward, {});
  calls.add(calls_of(program, stage, &PartCalls::backward, {}), 1);
  return {formula_of(kHost, "micro_batch",
                     largest(in.given("gpu", gpu.forward + gpu.backward, kFromBusiestStage),
                             in.named("host", host_seconds(in, *device_, traits_, calls))))};
}

}  // namespace seqspan::sim
