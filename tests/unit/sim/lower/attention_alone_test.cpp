#include "sim/lower/attention_alone.hpp"

#include <gtest/gtest.h>

#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "sim/spec/model_flops.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

Job attention_job(Framework framework, AttentionMask mask) {
  Job job = tests::make_job("Llama-3-8B", framework, 1, 65536, 1);
  job.training.scope = TrainingScope::kAttention;
  job.training.mask = mask;
  return job;
}

std::int64_t pairs_of(const Program& program, const Block& block) {
  std::int64_t pairs = 0;
  tests::for_each_op(program, block, [&](const Op& op, std::int64_t times) {
    if (const auto* work = std::get_if<AttentionWork>(&op.work)) pairs += times * work->pairs;
  });
  return pairs;
}

// What a layer sends for attention, attention alone sends: the same lowering, without the layer.
TEST(AttentionAlone, SendsWhatALayersAttentionSends) {
  for (const char* layout : {"ulysses=8", "ring=8", "ring=8,kv_exchange=all_gather",
                             "ulysses=2,ring=4", "ulysses=4,tp=2", "ring=4,tp=2"}) {
    Job job = tests::make_job("Llama-3-8B", Framework::kMegatron, 1, 65536, 1);
    const Program layer = tests::program_of(job, layout);
    job.training.scope = TrainingScope::kAttention;
    const Program alone = tests::program_of(job, layout);
    for (const Axis axis : {Axis::kUlysses, Axis::kRing}) {
      for (const Pass pass : {Pass::kForward, Pass::kBackward}) {
        std::int64_t sent = 0;
        const Part& part = alone.parts.front();
        for (const BlockIndex index : {part.forward, part.backward}) {
          tests::for_each_op(alone, alone.blocks[index], [&](const Op& op, std::int64_t times) {
            const auto* work = std::get_if<Communication>(&op.work);
            if (work == nullptr || work->axis != axis || op.pass != pass) return;
            sent += times * bytes_sent(*work, alone.group_size(axis)).value();
          });
        }
        EXPECT_EQ(sent, tests::layer_bytes_sent(layer, axis, pass)) << layout;
      }
    }
    EXPECT_EQ(alone.parts.size(), 1U);
    EXPECT_EQ(alone.stages.size(), 1U);
  }
}

// With the full mask the ranks together see s^2 pairs, each the same: s^2 / c for every method and
// order, under Ulysses with a/u of the heads and all s^2 pairs.
TEST(AttentionAlone, FullMaskHasAllPairs) {
  const std::int64_t all = std::int64_t{65536} * 65536;
  struct Case {
    Framework framework;
    const char* layout;
    std::int64_t share;
  };
  for (const Case& at :
       {Case{Framework::kMegatron, "ring=8", 8}, Case{Framework::kMegatron, "ulysses=8", 1},
        Case{Framework::kMegatron, "ring=8,kv_exchange=all_gather", 8},
        Case{Framework::kYunchang, "ring=8,ring_order=contiguous", 8},
        Case{Framework::kYunchang, "ring=8,ring_order=striped", 8},
        Case{Framework::kYunchang, "ulysses=2,ring=4", 4}}) {
    const Program program =
        tests::program_of(attention_job(at.framework, AttentionMask::kFull), at.layout);
    const Part& part = program.parts.front();
    EXPECT_EQ(pairs_of(program, program.blocks[part.forward]), all / at.share) << at.layout;
    EXPECT_EQ(pairs_of(program, program.blocks[part.backward]), all / at.share) << at.layout;
  }
}

// 4 s^2 a d of the full mask: 4 x 65,536^2 x 32 x 128; causal: (s + 1) / 2s of it.
TEST(AttentionAlone, FlopsAreThoseOfUnmaskedPairs) {
  const Job job = attention_job(Framework::kMegatron, AttentionMask::kFull);
  const double full = 4.0 * 65536 * 65536 * 32 * 128;
  EXPECT_DOUBLE_EQ(attention_flops(job.model, Tokens(65536), AttentionMask::kFull).value(), full);
  EXPECT_DOUBLE_EQ(attention_flops(job.model, Tokens(65536), AttentionMask::kCausal).value(),
                   full * 65537 / 2 / 65536);
}

// Forward and backward are the whole step: there is no optimizer and nothing to reduce.
TEST(AttentionAlone, AStepIsForwardAndBackward) {
  const Job job = attention_job(Framework::kMegatron, AttentionMask::kCausal);
  Simulator simulator(job);
  const Simulation simulation = simulator.simulate(tests::layout_of(job, "ring=8"));
  EXPECT_GT(simulation.time.forward.value(), 0);
  EXPECT_NEAR(simulation.time.step.value(),
              (simulation.time.forward + simulation.time.backward).value(), 1e-12);
  EXPECT_DOUBLE_EQ(simulation.model_flops_per_gpu.value() * simulation.time.step.value() * 8,
                   3.5 * attention_flops(job.model, Tokens(65536), AttentionMask::kCausal).value());
}

TEST(AttentionAlone, HasOneLayer) {
  const Job job = attention_job(Framework::kMegatron, AttentionMask::kCausal);
  const auto broken = [&job](const char* layout) {
    return broken_rule(job, tests::layout_of(job, layout));
  };
  EXPECT_EQ(broken("ring=8"), std::nullopt);
  EXPECT_EQ(broken("ring=4,pp=2"), ReasonCode::kAttentionAloneHasOneLayer);
  EXPECT_EQ(broken("ring=8,recompute=full"), ReasonCode::kAttentionAloneHasOneLayer);
}

}  // namespace
}  // namespace seqspan::sim
