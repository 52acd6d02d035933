// Bytes on the wire against the closed forms of the papers and frameworks.
#include <gtest/gtest.h>

#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::layer_bytes_sent;
using tests::make_job;
using tests::program_of;

constexpr std::int64_t k128K = 131072;

// Llama-3-8B: a = 32, g = 8, d = 128, h = 4096. c = 8: T = s/c = 16384 tokens per GPU,
// N_q = T a d = 67,108,864, N_k = T g d = 16,777,216, U = 2 N_k x 2 B = 67,108,864 B.
TEST(Traffic, UlyssesSendsItsShareOfQKVAndO) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  const Program program = program_of(job, "ulysses=8");
  // (u-1)/u x 2 B x (2 N_q + 2 N_k) = 7/8 x 2 x 167,772,160 = 293,601,280.
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlysses, Pass::kForward), 293'601'280);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlysses, Pass::kBackward), 293'601'280);
}

// In two steps of 2 and 4: 1/2 of the buffers inside, 3/4 across; 2 B x (2 N_q + 2 N_k) =
// 335,544,320 B in all.
TEST(Traffic, HierarchicalUlyssesSendsInTwoSteps) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  const Program program = program_of(job, "ulysses=8,ulysses_in_node=2");
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlysses, Pass::kForward), 0);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlyssesInNode, Pass::kForward), 167'772'160);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlyssesAcross, Pass::kForward), 251'658'240);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlyssesInNode, Pass::kBackward), 167'772'160);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlyssesAcross, Pass::kBackward), 251'658'240);
}

TEST(Traffic, RingOfMegatronSendsKvForwardAndKvWithGradientsBackward) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  const Program program = program_of(job, "ring=8");
  // (c-1) U = 7 x 67,108,864; backward 2 (c-1) U.
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kForward), 469'762'048);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kBackward), 939'524'096);
}

TEST(Traffic, RingOfYunchangSendsFloat32GradientsHome) {
  const Job job = make_job("Llama-3-8B", Framework::kYunchang, 1, k128K, 8);
  const Program program = program_of(job, "ring=8");
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kForward), 469'762'048);
  // (c-1) U + c x 2 N_k x 4 B = 469,762,048 + 8 x 134,217,728 = 1,543,503,872.
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kBackward), 1'543'503'872);
}

TEST(Traffic, AllGatherSendsKvOnceForwardAndTwiceBackward) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  const Program program = program_of(job, "ring=8,kv_exchange=all_gather");
  // (c-1) U forward; all-gather again and reduce-scatter backward: 2 (c-1) U.
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kForward), 469'762'048);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kBackward), 939'524'096);
}

TEST(Traffic, TensorParallelismSendsFourForwardAndSixBackward) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  const Program program = program_of(job, "tp=8");
  // n = T h x 2 B with T = 131,072: 1,073,741,824. 4 x 7/8 n and 6 x 7/8 n.
  EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kForward), 3'758'096'384);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kBackward), 5'637'144'576);
}

TEST(Traffic, FullRecomputationRepeatsTheForwardCollectives) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  for (const char* layout :
       {"tp=8,recompute=full", "ulysses=8,recompute=full", "ring=8,recompute=full"}) {
    const Program program = program_of(job, layout);
    for (const Axis axis : {Axis::kTensor, Axis::kUlysses, Axis::kRing}) {
      EXPECT_EQ(layer_bytes_sent(program, axis, Pass::kRecompute),
                layer_bytes_sent(program, axis, Pass::kForward))
          << layout << " over " << name_of(axis);
    }
  }
}

TEST(Traffic, SelectiveRecomputationRepeatsContextParallelTrafficOnly) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 2, k128K, 8);
  const Program program = program_of(job, "tp=2,ulysses=4,recompute=selective");
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlysses, Pass::kRecompute),
            layer_bytes_sent(program, Axis::kUlysses, Pass::kForward));
  EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kRecompute), 0);
}

// Qwen3-235B-A22B: a = 64, g = 4, d = 128; u = 8 repeats KV heads twice: g' = 8.
// N_q = 16384 x 64 x 128 = 134,217,728, N_k' = 16384 x 8 x 128 = 16,777,216.
TEST(Traffic, DeepSpeedRepeatsKvHeadsOnTheWire) {
  const Job job = make_job("Qwen3-235B-A22B", Framework::kDeepSpeed, 1, k128K, 8);
  const Program program = program_of(job, "ulysses=8");
  // 7/8 x 2 x (2 x 134,217,728 + 2 x 16,777,216) = 528,482,304, and an all-gather of position ids:
  // 8 B x s x 7/8 = 917,504 (ALST, in every layer's forward).
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlysses, Pass::kForward), 528'482'304 + 917'504);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlysses, Pass::kBackward), 528'482'304);
}

// Heads against sequence: what goes into an all-to-all, the buffers it uses and what comes out hold
// the same bytes; only K and V may have been repeated before it.
TEST(Traffic, AllToAllChangesNoSize) {
  for (const Framework framework : {Framework::kMegatron, Framework::kDeepSpeed}) {
    const Job job = make_job("Llama-3-8B", framework, 1, k128K, 8);
    const Program program = program_of(job, "ulysses=8");
    std::int64_t exchanges = 0;
    for (std::size_t i = 1; i + 1 < program.ops.size(); ++i) {
      const auto* work = std::get_if<Communication>(&program.ops[i].work);
      if (work == nullptr || work->collective != Collective::kAllToAll) continue;
      const Bytes before = program.tensor(*program.ops[i - 1].reads.begin()).bytes;
      const Bytes after = program.tensor(*program.ops[i + 1].writes.begin()).bytes;
      EXPECT_EQ(before, work->bytes) << program.ops[i].name;
      EXPECT_EQ(after, work->bytes) << program.ops[i].name;
      ++exchanges;
    }
    EXPECT_EQ(exchanges, 8);  // Q, K, V, O and their gradients
  }
}

// 2D, c = u r = 4 x 2: T = 16384. A = 3/4 x 2 x (2 N_q + 2 N_k) = 251,658,240; ring: (r-1) U with
// U unchanged by u = 67,108,864 (reference: TransformerEngine a2a+p2p).
TEST(Traffic, HybridSendsBoth) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  const Program program = program_of(job, "ulysses=4,ring=2");
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlysses, Pass::kForward), 251'658'240);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kUlysses, Pass::kBackward), 251'658'240);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kForward), 67'108'864);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kBackward), 2 * 67'108'864);
}

// g = 4 < t = 8: Megatron all-gathers QKV over TP: T (a + 2g) d x 2 B = 131072 x 72 x 128 x 2 =
// 2,415,919,104 gathered, 7/8 of it sent, forward and (as reduce-scatter) backward.
TEST(Traffic, MegatronGathersQkvWhereKvHeadsAreFewerThanTp) {
  const Job job = make_job("Qwen3-235B-A22B", Framework::kMegatron, 1, k128K, 8);
  const Program program = program_of(job, "tp=8,ep=8,etp=1");
  const std::int64_t qkv = 2'415'919'104 / 8 * 7;
  const std::int64_t n = k128K * 4096 * 2 / 8 * 7;
  // A mixture-of-experts half has no TP collectives of its own (sequence parallel tokens, etp = 1).
  EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kForward), 2 * n + qkv);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kBackward), 3 * n + qkv);
}

// T' = s/c = 16384 tokens, k = 8, h = 4096: T' k h x 2 B = 1,073,741,824 per dispatch, (ep-1)/ep of
// it sent, dispatch and combine, forward and backward.
TEST(Traffic, ExpertParallelismDispatchesAndCombines) {
  const Job job = make_job("Qwen3-235B-A22B", Framework::kMegatron, 1, k128K, 8);
  const Program program = program_of(job, "ring=8,ep=8,etp=1");
  EXPECT_EQ(layer_bytes_sent(program, Axis::kExpert, Pass::kForward), 2 * 939'524'096);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kExpert, Pass::kBackward), 2 * 939'524'096);
}

// Megatron's distributed optimizer, c = 8, dp = 1: reduce-scatter of fp32 gradients and all-gather
// of bf16 parameters of a layer's 218,112,000 parameters: 4 P x 7/8 and 2 P x 7/8.
TEST(Traffic, DistributedOptimizerReducesOverContextParallelRanks) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  const Program program = program_of(job, "ulysses=8");
  EXPECT_EQ(layer_bytes_sent(program, Axis::kShard, Pass::kBackward), 218'112'000LL * 4 / 8 * 7);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kShard, Pass::kForward), 218'112'000LL * 2 / 8 * 7);
}

std::int64_t shard_bytes_in_a_step(const Program& program, Pass pass) {
  std::int64_t bytes = 0;
  const Part& layer = tests::part_named(program, "layer");
  for (const BlockIndex index : {layer.forward, layer.backward}) {
    tests::for_each_op(program, program.blocks[index], [&](const Op& op, std::int64_t times) {
      const auto* work = std::get_if<Communication>(&op.work);
      if (work == nullptr || work->axis != Axis::kShard || op.pass != pass) return;
      const std::int64_t runs = op.when == When::kEvery ? program.micro_batches : 1;
      bytes += runs * times * bytes_sent(*work, program.group_size(Axis::kShard)).value();
    });
  }
  return bytes;
}

// FSDP2 over N = 4 ranks, P = 218,112,000 parameters of a layer: every micro-batch gathers bf16
// parameters twice and reduces fp32 gradients once; under a pipeline each happens once per step.
TEST(Traffic, FsdpGathersOncePerStepUnderAPipeline) {
  const std::int64_t gather = 218'112'000LL * 2 / 4 * 3;
  const std::int64_t reduce = 218'112'000LL * 4 / 4 * 3;
  const Job job = make_job("Llama-3-8B", Framework::kTorchTitan, 1, 8192, 64);
  const Program whole = program_of(job, "ring=4,dp=1,pp=2");
  EXPECT_EQ(shard_bytes_in_a_step(whole, Pass::kForward), gather);
  EXPECT_EQ(shard_bytes_in_a_step(whole, Pass::kBackward), reduce);
  const Program sharded =
      program_of(make_job("Llama-3-8B", Framework::kTorchTitan, 1, 8192, 8), "tp=2,ring=4,dp=1");
  const std::int64_t half = 218'103'808LL / 2 + 8192;  // TP splits the matrices, not the norms
  EXPECT_EQ(shard_bytes_in_a_step(sharded, Pass::kForward), 8 * half * 2 / 4 * 3);
  EXPECT_EQ(shard_bytes_in_a_step(sharded, Pass::kBackward),
            8 * (half * 2 / 4 * 3 + half * 4 / 4 * 3));
}

}  // namespace
}  // namespace seqspan::sim
