// What a layer keeps for backward, against closed forms.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/engine/block_memory.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::make_job;
using tests::part_named;
using tests::program_of;

constexpr std::int64_t k128K = 131072;

std::int64_t saved_per_layer(const Job& job, std::string_view layout) {
  const Program program = program_of(job, layout);
  BlockMemoryReader reader;
  return reader.read(program, part_named(program, "layer")).saved.value();
}

// (T/t)(8h + 4(a+g)d + 6f + 4a + 8) bytes for bf16, RMSNorm, SwiGLU, flash attention, sequence
// parallelism, TransformerEngine modules (the project's reference, section 8.1).
std::int64_t dense_formula(std::int64_t tokens, std::int64_t t, std::int64_t h, std::int64_t a,
                           std::int64_t g, std::int64_t d, std::int64_t f) {
  return tokens / t * (8 * h + 4 * (a + g) * d + 6 * f + 4 * a + 8);
}

TEST(SavedBytes, DenseLayerOfMegatron) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  for (const std::int64_t t : {1, 2, 4, 8}) {
    EXPECT_EQ(saved_per_layer(job, fmt::format("tp={}", t)),
              dense_formula(k128K, t, 4096, 32, 8, 128, 14336))
        << "tp=" << t;
  }
  // A ring changes nothing but T: the last received KV is saved in place of the own.
  for (const std::int64_t r : {2, 4, 8}) {
    EXPECT_EQ(saved_per_layer(job, fmt::format("ring={}", r)),
              dense_formula(k128K / r, 1, 4096, 32, 8, 128, 14336));
    EXPECT_EQ(saved_per_layer(job, fmt::format("ring={},kv_exchange=all_gather", r)),
              dense_formula(k128K / r, 1, 4096, 32, 8, 128, 14336));
  }
}

TEST(SavedBytes, UlyssesKeepsTheOutputTwice) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  // 2 N_q bytes more, N_q = T a d.
  const std::int64_t tokens = k128K / 8;
  EXPECT_EQ(saved_per_layer(job, "ulysses=8"),
            dense_formula(tokens, 1, 4096, 32, 8, 128, 14336) + 2 * tokens * 32 * 128);
}

TEST(SavedBytes, QkNormKeepsItsInputs) {
  const Job job = make_job("Qwen3-8B", Framework::kMegatron, 1, k128K, 8);
  // Qwen3-8B: h 4096, a 32, g 8, d 128, f 12288. 2 (N_q + N_k) bytes and fp32 1/rms of each head.
  const std::int64_t norm_inputs = 2 * k128K * (32 + 8) * 128;
  const std::int64_t inverse_rms = 4 * k128K * (32 + 8);
  EXPECT_EQ(saved_per_layer(job, "tp=1"),
            dense_formula(k128K, 1, 4096, 32, 8, 128, 12288) + norm_inputs + inverse_rms);
}

// 94 x 131072 x 4096 x 2 B = 100,931,731,456; c and t divide it.
TEST(SavedBytes, FullRecomputationKeepsLayerInputs) {
  const Job job = make_job("Qwen3-235B-A22B", Framework::kMegatron, 1, k128K, 8);
  const std::int64_t all = 100'931'731'456;
  EXPECT_EQ(94 * saved_per_layer(job, "recompute=full"), all);
  EXPECT_EQ(94 * saved_per_layer(job, "ring=8,recompute=full"), all / 8);
  EXPECT_EQ(94 * saved_per_layer(job, "ulysses=4,recompute=full"), all / 4);
  EXPECT_EQ(94 * saved_per_layer(job, "tp=8,recompute=full,ep=8,etp=1"), all / 8);
  EXPECT_EQ(94 * saved_per_layer(job, "tp=4,ring=2,recompute=full,ep=8,etp=1"), all / 8);
}

// Selective: the attention's inputs (before any all-to-all) and its output once; no LSE, no second
// copy.
TEST(SavedBytes, SelectiveRecomputationKeepsAttentionInputs) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  const std::int64_t tokens = k128K / 8;
  const std::int64_t log_sum_exp = 4 * tokens * 32;
  EXPECT_EQ(saved_per_layer(job, "ulysses=8,recompute=selective"),
            dense_formula(tokens, 1, 4096, 32, 8, 128, 14336) - log_sum_exp);
}

TEST(SavedBytes, SplitsOfContextParallelismDifferByTheSecondOutputOnly) {
  const Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, k128K, 8);
  const std::int64_t ring_only = saved_per_layer(job, "ring=8");
  const std::int64_t second_output = 2 * (k128K / 8) * 32 * 128;
  for (const char* layout : {"ulysses=8", "ulysses=4,ring=2", "ulysses=2,ring=4"}) {
    EXPECT_EQ(saved_per_layer(job, layout), ring_only + second_output) << layout;
  }
}

TEST(SavedBytes, ReplicatedKvIsSavedReplicated) {
  const Job job = make_job("Qwen3-32B", Framework::kDeepSpeed, 2, k128K, 16);
  // g = 8. u = 16 repeats KV heads twice: one head of all s tokens per rank, 2 x s x 1 x d x 2 B,
  // where u = 8 saves as much for twice the tokens per rank; everything else halves.
  const std::int64_t u8 = saved_per_layer(job, "ulysses=8");
  const std::int64_t u16 = saved_per_layer(job, "ulysses=16");
  const std::int64_t kv = 2 * k128K * 128 * 2;
  EXPECT_EQ(u16 - kv, (u8 - kv) / 2);
}

// Doubling a degree never makes a rank save more.
RC_GTEST_PROP(SavedBytes, NeverGrowWhenADegreeDoubles, ()) {
  const char* model = *rc::gen::element("Llama-3-8B", "Qwen3-8B", "Llama-3.1-70B");
  const Job job = make_job(model, Framework::kMegatron, 8, k128K, 64);
  Layout layout;
  layout.tp = *rc::gen::element(1, 2, 4);
  layout.ulysses = *rc::gen::element(1, 2);
  layout.ring = *rc::gen::element(1, 2, 4);
  layout.dp = 1;
  layout.recompute = *rc::gen::element(Recompute::kNone, Recompute::kSelective, Recompute::kFull);
  Layout doubled = layout;
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      doubled.tp *= 2;
      break;
    case 1:
      doubled.ulysses *= 2;
      break;
    default:
      doubled.ring *= 2;
      break;
  }
  Program program;
  BlockMemoryReader reader;
  lower(job, layout, program);
  const Bytes before = reader.read(program, part_named(program, "layer")).saved;
  lower(job, doubled, program);
  const Bytes after = reader.read(program, part_named(program, "layer")).saved;
  RC_ASSERT(after <= before);
}

}  // namespace
}  // namespace seqspan::sim
