#include "sim/engine/simulator.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::layout_of;
using tests::make_job;

Bytes role(const StageMemory& memory, MemoryRole role) {
  return memory.by_role[static_cast<std::size_t>(role)];
}

// A legal layout, or nothing: random choices of every key over 2 nodes.
Layout random_layout(const Job& job) {
  Layout layout;
  layout.tp = *rc::gen::element(1, 2, 4, 8);
  layout.ulysses = *rc::gen::element(1, 2, 4);
  layout.ring = *rc::gen::element(1, 2, 4);
  layout.pp = *rc::gen::element(1, 2, 4);
  layout.micro_batch = *rc::gen::element(1, 2);
  layout.recompute = *rc::gen::element(Recompute::kNone, Recompute::kSelective, Recompute::kFull);
  layout.sharding = *rc::gen::element(Sharding::kNone, Sharding::kOptimizer, Sharding::kParameters);
  const std::int64_t others = layout.tp * layout.cp() * layout.pp;
  layout.dp = std::max<std::int64_t>(job.cluster.gpu_count() / others, 1);
  return layout;
}

RC_GTEST_PROP(Simulator, PartsAddUp, ()) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 4, 65536, 64);
  const Layout layout = random_layout(job);
  RC_PRE(!broken_rule(job, layout).has_value());
  Simulator simulator(job);
  const Simulation simulation = simulator.simulate(layout);
  // Roles add up to the peak, and the peak is the highest stage's.
  Bytes roles;
  for (const Bytes bytes : simulation.peak.by_role) {
    RC_ASSERT(bytes >= Bytes(0));
    roles += bytes;
  }
  RC_ASSERT(roles == simulation.peak.peak);
  for (const StageMemory& stage : simulation.by_stage)
    RC_ASSERT(stage.peak <= simulation.peak.peak);
  // Shares add up to the step; none is negative beyond rounding.
  Seconds shares;
  for (const Seconds share : simulation.shares) {
    RC_ASSERT(share.value() > -1e-6 * simulation.time.step.value());
    shares += share;
  }
  RC_ASSERT(std::abs(shares / simulation.time.step - 1.0) < 1e-9);
  // A step takes at least the FLOPs of the model at the fastest kernel's rate.
  RC_ASSERT(simulation.mfu > 0.0);
  RC_ASSERT(simulation.mfu < 0.7);
}

// 8,030,261,248 parameters, TP 1: whole bf16 parameters and fp32 gradients, optimizer shared by 8.
// bf16 placeholders of QKV 6144, output 4096, gate and up 28672, down 14336 rows or columns, x
// 4096.
TEST(Simulator, StandingMemoryOfTheDistributedOptimizer) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  Simulator simulator(job);
  const Simulation simulation = simulator.simulate(layout_of(job, "ulysses=8"));
  const std::int64_t parameters = 8'030'261'248;
  EXPECT_EQ(role(simulation.peak, MemoryRole::kParameters).value(), 2 * parameters);
  EXPECT_EQ(role(simulation.peak, MemoryRole::kGradients).value(),
            4 * parameters + 2 * (6144 + 4096 + 28672 + 14336) * 4096);
  EXPECT_EQ(role(simulation.peak, MemoryRole::kOptimizerState).value(), 12 * parameters / 8);
  EXPECT_EQ(role(simulation.peak, MemoryRole::kRuntime).value(), kGibi);
}

// FSDP shares all of it: (4 + 4 + 8) / 8 bytes per parameter.
TEST(Simulator, StandingMemoryOfFullSharding) {
  const Job job = make_job("Llama-3-8B", Framework::kTorchTitan, 1, 131072, 8);
  Simulator simulator(job);
  const Simulation simulation = simulator.simulate(layout_of(job, "ring=8,recompute=full"));
  const std::int64_t parameters = 8'030'261'248;
  EXPECT_EQ(role(simulation.peak, MemoryRole::kParameters).value(), 4 * parameters / 8);
  EXPECT_EQ(role(simulation.peak, MemoryRole::kGradients).value(), 4 * parameters / 8);
  EXPECT_EQ(role(simulation.peak, MemoryRole::kOptimizerState).value(), 8 * parameters / 8);
}

// 32 layers over 4 stages, 16 micro-batches. 1F1B: stage 0 holds 4 micro-batches of 8 layers, stage
// 1 three, stage 2 two. Interleaved with 2 chunks: 2 (4 - i - 1) + (2 - 1) 4 + 1 chunks of 4
// layers: 11, 9, 7.
TEST(Simulator, StagesHoldTheMicroBatchesInFlight) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 32768, 16);
  Simulator simulator(job);
  const Simulation plain = simulator.simulate(layout_of(job, "tp=2,pp=4"));
  const Simulation interleaved = simulator.simulate(layout_of(job, "tp=2,pp=4,vpp=2"));
  ASSERT_EQ(plain.micro_batches, 16);
  const std::int64_t layer = plain.saved_per_layer.value();
  for (std::int64_t stage = 0; stage < 3; ++stage) {
    const auto index = static_cast<std::size_t>(stage);
    EXPECT_EQ(role(plain.by_stage[index], MemoryRole::kSavedActivations).value(),
              (4 - stage) * 8 * layer);
    EXPECT_EQ(role(interleaved.by_stage[index], MemoryRole::kSavedActivations).value(),
              (11 - 2 * stage) * 4 * layer);
  }
}

// More tokens never take less time or memory.
RC_GTEST_PROP(Simulator, MonotoneInSequenceLength, ()) {
  Job job = make_job("Llama-3-8B", Framework::kMegatron, 4, 32768, 64);
  const Layout layout = random_layout(job);
  RC_PRE(!broken_rule(job, layout).has_value());
  const Evaluation shorter = Simulator(job).evaluate(layout, true);
  job.training.sequence_length *= 2;
  const Evaluation longer = Simulator(job).evaluate(layout, true);
  RC_ASSERT(longer.step > shorter.step);
  RC_ASSERT(longer.peak >= shorter.peak);
}

// Layouts that differ in vpp alone are read without being lowered again.
RC_GTEST_PROP(Simulator, WhatWasReadBeforeChangesNothing, ()) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 4, 32768, 64);
  Simulator simulator(job);
  Layout layout = random_layout(job);
  for (int i = 0; i < 6; ++i) {
    if (*rc::gen::inRange(0, 3) == 0) layout = random_layout(job);
    layout.vpp = *rc::gen::element(1, 2, 4, 8);
    if (broken_rule(job, layout)) continue;
    const bool always = *rc::gen::arbitrary<bool>();
    const Evaluation after_others = simulator.evaluate(layout, always);
    const Evaluation alone = Simulator(job).evaluate(layout, always);
    RC_ASSERT(after_others.step == alone.step);
    RC_ASSERT(after_others.peak == alone.peak);
    RC_ASSERT(after_others.bubble == alone.bubble);
    if (*rc::gen::arbitrary<bool>()) {
      RC_ASSERT(simulator.simulate(layout).time.step == Simulator(job).simulate(layout).time.step);
    }
  }
}

// Which of equal nodes comes first cannot matter: relabelling nodes leaves groups with the same
// numbers of members per domain, so exchanging the two context parallel placements of a square
// group inside one domain changes nothing.
TEST(Simulator, PlacementInsideOneDomainChangesNothing) {
  const Job job = make_job("Llama-3-8B", Framework::kYunchang, 1, 65536, 8);
  Simulator simulator(job);
  const auto inner = simulator.simulate(layout_of(job, "ulysses=2,ring=4"));
  const auto outer = simulator.simulate(layout_of(job, "ulysses=2,ring=4,placement=ring_inner"));
  EXPECT_EQ(inner.time.step, outer.time.step);
  EXPECT_EQ(inner.peak.peak, outer.peak.peak);
}

// Across two nodes it does: with the all-to-all inside the node only the ring crosses NICs.
TEST(Simulator, PlacementAcrossNodesDecidesWhatCrossesNics) {
  const Job job = make_job("Llama-3-8B", Framework::kYunchang, 2, 131072, 8);
  Simulator simulator(job);
  const auto bound_of = [](const Simulation& simulation, Axis axis) {
    for (const TrafficRow& row : simulation.traffic) {
      if (row.axis == axis) return std::string(row.bound);
    }
    return std::string();
  };
  const auto inner = simulator.simulate(layout_of(job, "ulysses=8,ring=2"));
  EXPECT_EQ(bound_of(inner, Axis::kUlysses), "NVLink");
  EXPECT_EQ(bound_of(inner, Axis::kRing), "NIC");
  const auto outer = simulator.simulate(layout_of(job, "ulysses=2,ring=8,placement=ring_inner"));
  EXPECT_EQ(bound_of(outer, Axis::kUlysses), "NIC");
  EXPECT_EQ(bound_of(outer, Axis::kRing), "NVLink");
}

// Four stages and four replicas on two nodes of eight: whoever is inside stays in its node, in runs
// of four; the others meet their like in the other node.
TEST(Simulator, StagesInsideReplicasLeaveTheirNodeToReplicas) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 2, 8192, 16);
  Simulator simulator(job);
  const auto bound_of = [](const Simulation& simulation, Axis axis) {
    for (const TrafficRow& row : simulation.traffic) {
      if (row.axis == axis) return std::string(row.bound);
    }
    return std::string();
  };
  const auto usual = simulator.simulate(layout_of(job, "pp=4"));
  EXPECT_EQ(bound_of(usual, Axis::kPipeline), "NIC");
  EXPECT_EQ(bound_of(usual, Axis::kShard), "NVLink");
  const auto inner = simulator.simulate(layout_of(job, "pp=4,placement=pipeline_inner"));
  EXPECT_EQ(bound_of(inner, Axis::kPipeline), "NVLink");
  EXPECT_EQ(bound_of(inner, Axis::kShard), "NIC");
}

// The contiguous order is slower by what its slowest rank works more: (2 - 1/c) of the attention
// time, forward and backward (ring steps under attention, no exposed hop either way).
TEST(Simulator, ContiguousOrderCostsItsSlowestRank) {
  const Job job = make_job("Llama-3-8B", Framework::kYunchang, 1, 262144, 1);
  Simulator simulator(job);
  const auto attention = static_cast<std::size_t>(StepBound::kAttention);
  const auto zigzag = simulator.simulate(layout_of(job, "ring=8"));
  const auto contiguous = simulator.simulate(layout_of(job, "ring=8,ring_order=contiguous"));
  EXPECT_NEAR(contiguous.busy[attention] / zigzag.busy[attention], 2.0 - 1.0 / 8.0, 2e-3);
  EXPECT_NEAR((contiguous.time.step - zigzag.time.step) /
                  (contiguous.busy[attention] - zigzag.busy[attention]),
              1.0, 2e-2);
}

// The step of m micro-batches is linear in m once the first and last are paid for.
TEST(Simulator, CostOfMicroBatchesIsLinear) {
  const auto step = [](std::int64_t batch) {
    const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 65536, batch);
    Simulator simulator(job);
    return simulator.evaluate(tests::layout_of(job, "tp=8"), true).step.value();
  };
  const double per_micro_batch = step(3) - step(2);
  EXPECT_NEAR(step(100), step(2) + 98 * per_micro_batch, 1e-9 * step(100));
}

TEST(Simulator, SameBytesTwice) {
  const Job job = make_job("Qwen3-235B-A22B", Framework::kMegatron, 16, 131072, 64);
  const Layout layout = layout_of(job, "tp=4,ring=4,pp=4,ep=8,etp=1,recompute=full");
  Simulator once(job);
  Simulator twice(job);
  (void)twice.evaluate(layout_of(job, "tp=8,pp=2,ep=4,etp=1"));  // another layout in between
  const Simulation a = once.simulate(layout);
  const Simulation b = twice.simulate(layout);
  EXPECT_EQ(a.time.step, b.time.step);
  EXPECT_EQ(a.peak.by_role, b.peak.by_role);
  EXPECT_EQ(a.shares, b.shares);
  ASSERT_EQ(a.traffic.size(), b.traffic.size());
  for (std::size_t i = 0; i < a.traffic.size(); ++i) {
    EXPECT_EQ(a.traffic[i].exposed_seconds, b.traffic[i].exposed_seconds);
  }
}

}  // namespace
}  // namespace seqspan::sim
