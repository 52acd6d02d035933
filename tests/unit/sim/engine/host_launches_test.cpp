#include "sim/engine/host_launches.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/engine/explanation.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/engine/step_timeline.hpp"
#include "sim/lower/kernels.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::layout_of;
using tests::make_job;

constexpr double kSame = 1e-12;
constexpr double kMicro = 1e-6;

constexpr HostCosts kCosts{Seconds(10 * kMicro), Seconds(20 * kMicro), Seconds(5 * kMicro),
                           Seconds(7 * kMicro), Seconds(100 * kMicro)};

HostCosts times(double factor, const HostCosts& costs) {
  return {factor * costs.product, factor * costs.attention, factor * costs.pass,
          factor * costs.collective, factor * costs.sharding};
}

Job job_with(const HostCosts& costs, Framework framework = Framework::kMegatron,
             std::int64_t sequence = 8192, std::int64_t batch = 32) {
  Job job = make_job("Llama-3-8B", framework, 1, sequence, batch);
  job.cluster.device.host = costs;
  job.cluster.device.memory = Bytes(1000 * kGibi);
  return job;
}

PhaseSeconds host_of(const Job& job, const char* layout, MicroBatchPosition position) {
  const Program program = tests::program_of(job, layout);
  HostLaunches launches;
  launches.read(job.cluster.device, sim::host_of(job.training, traits_of(job.framework)), program);
  return launches.seconds(program, program.stages.front(), position);
}

void expect_near(const PhaseSeconds& actual, double forward, double backward) {
  EXPECT_NEAR(actual.forward.value(), forward, kSame);
  EXPECT_NEAR(actual.backward.value(), backward, kSame);
}

// Of a Llama layer the host issues, under Megatron with data parallelism alone:
//   forward   4 products, 1 attention, 6 passes (2 norms, RoPE, SwiGLU, 2 residuals)
//             4 x 2.7 x 10 + 2.7 x 20 + 6 x 5 = 192 us
//   backward  8 products, 1 attention, 4 passes (2 norms, RoPE, SwiGLU)
//             8 x 2.7 x 10 + 2.7 x 20 + 4 x 5 = 290 us
// the embedding 1 pass each way, 5 us; the loss 1 product and 2 passes, 2.7 x 10 + 2 x 5 = 37 us,
// and 2 products and 2 passes, 64 us. Each of the 34 gathers its parameters before the first
// micro-batch, 7 us, and scales and reduces its gradients in the last, 5 + 7 us.
TEST(HostLaunches, OfALayerByHand) {
  const Job job = job_with(kCosts);
  const double forward = 32 * 192 * kMicro + 42 * kMicro;
  const double backward = 32 * 290 * kMicro + 69 * kMicro;
  expect_near(host_of(job, "dp=8", {}), forward, backward);
  expect_near(host_of(job, "dp=8", {.first = true, .last = false}), forward + 34 * 7 * kMicro,
              backward);
  expect_near(host_of(job, "dp=8", {.first = false, .last = true}), forward,
              backward + 34 * 12 * kMicro);
}

// Recomputation issues all of a layer's forward again, 192 us.
TEST(HostLaunches, RecomputationIsIssuedAgain) {
  const Job job = job_with(kCosts);
  const PhaseSeconds kept = host_of(job, "dp=8", {});
  const PhaseSeconds again = host_of(job, "dp=8,recompute=full", {});
  EXPECT_EQ(again.forward, kept.forward);
  EXPECT_NEAR((again.backward - kept.backward).value(), 32 * 192 * kMicro, kSame);
}

// torchtitan gathers the parameters of all 34 parts forward and backward and reduces their
// gradients backward, in every micro-batch: 100 us each, and a pass that copies out or casts. Its
// modules are torch's. Compiled, a pass is 5 us: a layer is 4 x 10 + 20 + 6 x 5 = 90 us forward and
// 8 x 10 + 20 + 6 x 5 = 130 us backward (two sums of input gradients beside norms, RoPE, SwiGLU);
// the embedding is 5 and 5, the loss 10 + 3 x 5 = 25 (its logits are cast to fp32) and 2 x 10 + 2 x
// 5 = 30 us. Not compiled, a pass is 1.7 calls, 8.5 us, SwiGLU is two passes forward, and the
// gradient of the loss four: 4 x 10 + 20 + 7 x 8.5 = 119.5 and 8 x 10 + 20 + 6 x 8.5 = 151 us.
TEST(HostLaunches, ShardedParametersHaveTheirHooks) {
  Job job = job_with(kCosts, Framework::kTorchTitan);
  expect_near(host_of(job, "dp=8", {}), (32 * 119.5 + 8.5 + 35.5 + 34 * 108.5) * kMicro,
              (32 * 151 + 8.5 + 54 + 34 * 217) * kMicro);
  job.training.compile = true;
  expect_near(host_of(job, "dp=8", {}), (32 * 90 + 30 + 34 * 105) * kMicro,
              (32 * 130 + 35 + 34 * 210) * kMicro);
}

// The hops of a ring count as often as they are sent: with 8 ranks TransformerEngine sends KV 7
// times forward, and attends 8 times where one rank attends once.
TEST(HostLaunches, LoopsCountAsOftenAsTheyRun) {
  const HostCosts sends{Seconds(1e-12), Seconds(1e-12), Seconds(1e-12), Seconds(1), Seconds(1e-12)};
  EXPECT_NEAR(host_of(job_with(sends), "ring=8", {}).forward.value(), 32 * 7, 1e-6);
  const HostCosts kernels{Seconds(1e-12), Seconds(1), Seconds(1e-12), Seconds(1e-12),
                          Seconds(1e-12)};
  EXPECT_NEAR(host_of(job_with(kernels), "ring=8", {}).forward.value(), 2.7 * 32 * 8, 1e-6);
}

TEST(HostLaunches, NothingWithoutCosts) {
  HostLaunches launches;
  const Job job = job_with({});
  const Program program = tests::program_of(job, "dp=8");
  launches.read(job.cluster.device, traits_of(job.framework).host, program);
  EXPECT_FALSE(launches.known());
  expect_near(launches.seconds(program, program.stages.front(), {}), 0, 0);
  EXPECT_TRUE(Simulator(job).explain(layout_of(job, "dp=8")).host.empty());
}

PhaseSeconds phases(double forward, double backward) {
  return {Seconds(forward), Seconds(backward)};
}

// In a pipeline each phase by itself; without one the two share what the host leads.
TEST(WaitsForHost, ByHand) {
  // Host ahead in both.
  expect_near(waits_for_host(phases(2, 4), phases(1, 3), true), 0, 0);
  expect_near(waits_for_host(phases(2, 4), phases(1, 3), false), 0, 0);
  // Behind in both, by 1 and 2.
  expect_near(waits_for_host(phases(2, 4), phases(3, 6), true), 1, 2);
  expect_near(waits_for_host(phases(2, 4), phases(3, 6), false), 1, 2);
  // Behind by 2 forward, ahead by 1 backward: 6 on the GPU, 7 on the host.
  expect_near(waits_for_host(phases(2, 4), phases(4, 3), true), 2, 0);
  expect_near(waits_for_host(phases(2, 4), phases(4, 3), false), 1, 0);
  // Ahead by 1 forward, behind by 2 backward.
  expect_near(waits_for_host(phases(2, 4), phases(1, 6), true), 0, 2);
  expect_near(waits_for_host(phases(2, 4), phases(1, 6), false), 0, 1);
  // Behind by 1 forward, ahead by 3 backward: the lead hides it.
  expect_near(waits_for_host(phases(2, 4), phases(3, 1), false), 0, 0);
  // At the crossing.
  expect_near(waits_for_host(phases(2, 4), phases(2, 4), true), 0, 0);
}

Seconds share(const Simulation& simulation, StepBound bound) {
  return simulation.shares[static_cast<std::size_t>(bound)];
}

// As long as the host is faster, the step is what it was, to the last bit.
TEST(HostBound, AFasterHostChangesNothing) {
  const Job without = job_with({});
  const Job with = job_with(times(1e-3, kCosts));
  for (const char* keys : {"dp=8", "tp=2,ring=4,recompute=full", "tp=2,pp=4", "tp=2,pp=4,vpp=2"}) {
    const Layout layout = layout_of(with, keys);
    const Simulation simulation = Simulator(with).simulate(layout);
    EXPECT_EQ(simulation.time.step, Simulator(without).simulate(layout).time.step) << keys;
    EXPECT_EQ(share(simulation, StepBound::kLaunches), Seconds(0)) << keys;
  }
}

// A host that is far behind decides alone. 4 micro-batches of one stage: two as usual, the first
// with gathers, the last with reductions, then what outlasts it and the optimizer.
TEST(HostBound, ASlowHostIsTheStep) {
  const Job job = job_with(times(100, kCosts));
  const Simulation simulation = Simulator(job).simulate(layout_of(job, "dp=8"));
  const double usual = 100 * (32 * (192 + 290) + 111) * kMicro;
  const double expected = 4 * usual + 100 * 34 * (7 + 12) * kMicro;
  const StepTime& time = simulation.time;
  EXPECT_NEAR((time.step - time.update - time.gradient_tail).value(), expected, 1e-9);
  EXPECT_EQ(simulation.bound, StepBound::kLaunches);
  Seconds sum;
  for (const Seconds one : simulation.shares) sum += one;
  EXPECT_NEAR(sum.value(), time.step.value(), 1e-9);
  // One micro-batch on the GPU is no part of what the GPU waits for.
  EXPECT_LT(share(simulation, StepBound::kLaunches).value(), expected);
  EXPECT_NEAR((time.forward + time.backward).value(), usual, 1e-9);
}

// Where one micro-batch of the GPU takes g and the host h = f x g, the step takes longer by the
// usual micro-batches' (f - 1) x g from f = 1 on. 64 of 66 are usual; what the first and the last
// do besides is below a micro-batch each, and below a tenth of one on the host.
TEST(HostBound, CrossesWhereTheHostTakesAsLong) {
  const Job alone = job_with({}, Framework::kMegatron, 8192, 66 * 8);
  const Layout layout = layout_of(alone, "dp=8");
  const StepTime gpu = Simulator(alone).simulate(layout).time;
  const double on_gpu = (gpu.forward + gpu.backward).value();
  const PhaseSeconds host = host_of(job_with(kCosts), "dp=8", {});
  const double even = on_gpu / (host.forward + host.backward).value();
  const auto step = [&](double factor) {
    const Job job = job_with(times(factor * even, kCosts), Framework::kMegatron, 8192, 66 * 8);
    return Simulator(job).simulate(layout).time.step.value();
  };
  EXPECT_DOUBLE_EQ(step(0.9), gpu.step.value());
  EXPECT_GE(step(1.1) - gpu.step.value(), 64 * 0.1 * on_gpu);
  EXPECT_LE(step(1.1) - gpu.step.value(), 66 * 0.1 * on_gpu + 2 * on_gpu);
}

// Where the GPU waits, the timeline has the gap at the end of the phase: no op of backward runs
// before forward has ended, and the slots of the pipeline add up to the step.
TEST(HostBound, TheTimelineWaitsToo) {
  const Job job = job_with(times(100, kCosts));
  for (const char* keys : {"dp=8", "tp=2,pp=4"}) {
    const StepTimeline timeline = Simulator(job).timeline(layout_of(job, keys));
    const double step = timeline.simulation.time.step.value();
    EXPECT_NEAR(timeline.end, step, 1e-3 * step) << keys;
    const TimedMicroBatch& usual = timeline.stages.front().of(MicroBatchKind::kUsual);
    for (const TimedBlock& block : usual.blocks) {
      if (block.pass != Pass::kBackward) continue;
      for (std::size_t i = block.first; i < block.first + block.count; ++i) {
        EXPECT_GE(usual.ops[i].start, usual.forward.value());
      }
    }
  }
}

// Formulas have the value that the reader took, of one stage and of several.
TEST(HostBound, IsExplained) {
  for (const double factor : {1e-3, 100.0}) {
    const Job job = job_with(times(factor, kCosts));
    const Explanation one = Simulator(job).explain(layout_of(job, "dp=8"));
    ASSERT_EQ(one.host.size(), 1U);
    EXPECT_DOUBLE_EQ(one.host[0].value(),
                     (one.simulation.time.forward + one.simulation.time.backward).value());
    const Explanation stages = Simulator(job).explain(layout_of(job, "tp=2,pp=4"));
    ASSERT_EQ(stages.host.size(), 2U);
    EXPECT_DOUBLE_EQ(stages.host[0].value(), stages.simulation.time.forward.value());
    EXPECT_DOUBLE_EQ(stages.host[1].value(), stages.simulation.time.backward.value());
  }
}

// A dearer call never makes a step shorter, and no step is below the GPU's alone.
RC_GTEST_PROP(HostBound, GrowsWithEveryCost, ()) {
  const char* keys = *rc::gen::element("dp=8", "tp=2,ring=4", "ulysses=8,recompute=full",
                                       "tp=2,pp=4", "tp=2,pp=2,vpp=2", "dp=8,sharding=parameters");
  const auto costs = [] {
    const auto one = [] { return Seconds(*rc::gen::inRange(1, 3000) * kMicro); };
    return HostCosts{one(), one(), one(), one(), one()};
  };
  const HostCosts low = costs();
  HostCosts high = low;
  Seconds HostCosts::*const dearer =
      *rc::gen::element(&HostCosts::product, &HostCosts::attention, &HostCosts::pass,
                        &HostCosts::collective, &HostCosts::sharding);
  high.*dearer += Seconds(*rc::gen::inRange(0, 3000) * kMicro);
  const auto step = [&](const HostCosts& with) {
    const Job job = job_with(with);
    return Simulator(job).evaluate(layout_of(job, keys), true).step.value();
  };
  const double rounding = 1e-9;
  RC_ASSERT(step(low) <= step(high) + rounding);
  RC_ASSERT(step({}) <= step(low) + rounding);
}

}  // namespace
}  // namespace seqspan::sim
