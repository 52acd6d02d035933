// Ulysses in groups of heads (head_groups).
#include <gtest/gtest.h>

#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::for_each_op;
using tests::layer_bytes_sent;
using tests::layout_of;
using tests::make_job;
using tests::part_named;
using tests::program_of;

std::vector<Op> ops_of(const Program& program, BlockIndex block, const char* name) {
  std::vector<Op> ops;
  for_each_op(program, program.blocks[block], [&](const Op& op, std::int64_t times) {
    for (std::int64_t i = 0; std::string(op.name) == name && i < times; ++i) ops.push_back(op);
  });
  return ops;
}

// The same as with all heads at once: traffic_test.cpp has the closed form of the second.
TEST(HeadGroups, TheSameBytesInMoreMessages) {
  for (const Framework framework : {Framework::kMegatron, Framework::kDeepSpeed}) {
    const Job job = make_job("Llama-3-8B", framework, 1, 131072, 1);
    for (const char* layout : {"ulysses=4", "ulysses=8", "ulysses=2"}) {
      const Program whole = program_of(job, layout);
      const Program groups = program_of(job, std::string(layout) + ",head_groups=2");
      for (const Pass pass : {Pass::kForward, Pass::kBackward}) {
        EXPECT_EQ(layer_bytes_sent(groups, Axis::kUlysses, pass),
                  layer_bytes_sent(whole, Axis::kUlysses, pass))
            << layout;
      }
    }
  }
}

// Llama-3-8B, u = 8: a/u = 4 query heads and g' = 1: with n = 4 Q goes in 4 messages of one head,
// s/r a'/n d x 2 B = 131072 x 128 x 2 = 33,554,432 B each, K and V in one each; u = 2: g' = 4, so
// that K and V go in 4 as well.
TEST(HeadGroups, KeysAndValuesGoWithTheirGroupWhereTheyDivide) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  const auto messages = [&](const Program& program, const char* name) {
    return ops_of(program, part_named(program, "layer").forward, name).size();
  };
  const Program shared = program_of(job, "ulysses=8,head_groups=4");
  EXPECT_EQ(messages(shared, "all-to-all Q"), 4U);
  EXPECT_EQ(messages(shared, "all-to-all K"), 1U);
  EXPECT_EQ(messages(shared, "all-to-all O"), 4U);
  EXPECT_EQ(messages(shared, "attention"), 4U);
  const std::vector<Op> queries =
      ops_of(shared, part_named(shared, "layer").forward, "all-to-all Q");
  EXPECT_EQ(std::get<Communication>(queries.front().work).bytes, Bytes(33'554'432));
  const Program grouped = program_of(job, "ulysses=2,head_groups=4");
  EXPECT_EQ(messages(grouped, "all-to-all K"), 4U);
  // Sums of dK over groups, one less than groups; none where each group has its own.
  const auto sums = [&](const Program& program) {
    return ops_of(program, part_named(program, "layer").backward, "add dK of a group").size();
  };
  EXPECT_EQ(sums(shared), 3U);
  EXPECT_EQ(sums(grouped), 0U);
}

TEST(HeadGroups, AttendsToAsManyPairs) {
  const Job job = make_job("Llama-2-7B", Framework::kMegatron, 1, 65536, 8);
  for (const std::int64_t n : {1, 2, 4}) {
    const Program program = program_of(job, "ulysses=8,head_groups=" + std::to_string(n));
    const Part& layer = part_named(program, "layer");
    double flops = 0;
    for (const BlockIndex block : {layer.forward, layer.backward}) {
      for_each_op(program, program.blocks[block], [&](const Op& op, std::int64_t times) {
        if (std::holds_alternative<AttentionWork>(op.work)) {
          flops += static_cast<double>(times) * flops_of(op).value();
        }
      });
    }
    // (2 + 5) products x 2 FLOPs x s (s+1)/2 pairs x a/u = 4 heads x d = 128.
    EXPECT_DOUBLE_EQ(flops, 7 * 2.0 * 65536.0 * 65537.0 / 2 * 4 * 128) << n;
  }
}

// Over NICs, a group's all-to-all takes less than its attention: of what was waited for, what has
// nothing to run under is left, the first group in and the last one out: 1/n of it.
TEST(HeadGroups, HideAllButTheFirstAndTheLastGroup) {
  const auto waited = [](std::int64_t n) {
    Job job = make_job("Llama-2-7B", Framework::kMegatron, 2, 262144, 1);
    // Passes that take no time, so that no part of an all-to-all runs under them.
    job.cluster.device.memory_bandwidth = BytesPerSecond(1e18);
    job.cluster.device.kernel_overhead = Seconds(0);
    Simulator simulator(job);
    const Simulation simulation = simulator.simulate(
        layout_of(job, "ulysses=16,recompute=full,head_groups=" + std::to_string(n)));
    return simulation.exposed.by_axis[static_cast<std::size_t>(Axis::kUlysses)].value();
  };
  const double whole = waited(1);
  EXPECT_NEAR(waited(2) / whole, 1.0 / 2, 0.01);
}

TEST(HeadGroups, MemorySavesBuffersOnly) {
  const Job job = make_job("Llama-2-7B", Framework::kMegatron, 1, 65536, 8);
  Simulator simulator(job);
  const Simulation whole = simulator.simulate(layout_of(job, "ulysses=8"));
  const Simulation groups = simulator.simulate(layout_of(job, "ulysses=8,head_groups=4"));
  EXPECT_EQ(groups.saved_per_layer, whole.saved_per_layer);
  EXPECT_LE(groups.peak.peak, whole.peak.peak);
}

TEST(HeadGroups, RefusedWhereTheyCannotBe) {
  Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  const auto refusal = [&](const char* layout) { return broken_rule(job, layout_of(job, layout)); };
  EXPECT_FALSE(refusal("ulysses=8,head_groups=4").has_value());
  for (const char* layout : {"ulysses=8,head_groups=3", "ulysses=8,head_groups=8",
                             "ring=8,head_groups=2", "ulysses=2,ring=4,head_groups=2"}) {
    EXPECT_EQ(refusal(layout), ReasonCode::kHeadGroupsUnsupported) << layout;
  }
  job.training.attention_kernel = AttentionKernel::kUnfused;
  EXPECT_EQ(refusal("ulysses=8,head_groups=2"), ReasonCode::kHeadGroupsUnsupported);
}

}  // namespace
}  // namespace seqspan::sim
