// GPT: plain feed-forward, LayerNorm, dropout, unfused attention, with and without sequence
// parallelism, against the equations of Korthikanti et al., arXiv 2205.05198.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/engine/step_memory.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::layer_bytes_sent;
using tests::make_job;
using tests::part_named;
using tests::program_of;

// Megatron-GPT-22B at 2,048 tokens and 4 sequences: s b h and a s^2 b of the paper.
constexpr std::int64_t kTokens = 2048;
constexpr std::int64_t kBatch = 4;
constexpr std::int64_t kHidden = 6144;
constexpr std::int64_t kHeads = 64;
constexpr std::int64_t kStates = kTokens * kBatch * kHidden;
constexpr std::int64_t kSquare = kHeads * kTokens * kTokens * kBatch;
// Mean and 1/std of two norms in fp32, which the paper leaves out: 16 bytes per token of a rank.
constexpr std::int64_t kStatistics = 16 * kTokens * kBatch;

Job gpt() {
  Job job = make_job("Megatron-GPT-22B", Framework::kMegatron, 1, kTokens, kBatch * 8);
  job.training.attention_kernel = AttentionKernel::kUnfused;
  job.training.dropout = 0.1;
  return job;
}

std::int64_t saved(const Job& job, std::int64_t t, const std::string& more) {
  const Program program = program_of(job, fmt::format("tp={},micro_batch={}{}", t, kBatch, more));
  BlockMemoryReader reader;
  return reader.read(program, part_named(program, "layer")).saved.value();
}

// Equation 2: sbh (10 + 24/t + 5as/(ht)).
TEST(Plain, SavedWithoutSequenceParallelism) {
  for (const std::int64_t t : {1, 2, 8}) {
    EXPECT_EQ(saved(gpt(), t, ",sequence_parallel=false"),
              10 * kStates + 24 * kStates / t + 5 * kSquare / t + kStatistics)
        << t;
  }
}

// Equation 4: sbh/t (34 + 5as/h).
TEST(Plain, SavedWithSequenceParallelism) {
  for (const std::int64_t t : {1, 2, 8}) {
    EXPECT_EQ(saved(gpt(), t, ""), (34 * kStates + 5 * kSquare + kStatistics) / t) << t;
  }
}

// Equation 6: selective recomputation takes away the 5as/h, and nothing else.
TEST(Plain, SelectiveRecomputationKeepsNoSquare) {
  EXPECT_EQ(saved(gpt(), 8, ",recompute=selective"), (34 * kStates + kStatistics) / 8);
  // Table 2: 2sbh of full recomputation; over t where tokens are split.
  EXPECT_EQ(saved(gpt(), 8, ",recompute=full,sequence_parallel=false"), 2 * kStates);
  EXPECT_EQ(saved(gpt(), 8, ",recompute=full"), 2 * kStates / 8);
}

// Without dropout the masks, 2 sbh and as^2b, and the dropped weights, 2as^2b, are not there.
TEST(Plain, WithoutDropoutThereAreNoMasks) {
  Job job = gpt();
  job.training.dropout = 0;
  EXPECT_EQ(saved(job, 2, ""), (32 * kStates + 2 * kSquare + kStatistics) / 2);
  // A flash kernel keeps LSE in fp32 of every head and token instead of weights.
  job.training.attention_kernel = AttentionKernel::kFlash;
  EXPECT_EQ(saved(job, 2, ""), (32 * kStates + 4 * kHeads * kTokens * kBatch + kStatistics) / 2);
}

// Two all-reduces forward and two backward of 2sbh bytes, 2 (t-1)/t of which each rank sends; with
// sequence parallelism 4 gathers and scatters forward and 6 backward at (t-1)/t.
TEST(Plain, SentOverTensorParallelRanks) {
  for (const std::int64_t t : {2, 8}) {
    const std::int64_t once = 2 * kStates * (t - 1) / t;
    const auto sent = [&](const char* more, Pass pass) {
      const std::string layout =
          fmt::format("tp={},micro_batch={},sharding=none{}", t, kBatch, more);
      return layer_bytes_sent(program_of(gpt(), layout), Axis::kTensor, pass);
    };
    EXPECT_EQ(sent(",sequence_parallel=false", Pass::kForward), 2 * 2 * once) << t;
    EXPECT_EQ(sent(",sequence_parallel=false", Pass::kBackward), 2 * 2 * once) << t;
    EXPECT_EQ(sent("", Pass::kForward), 4 * once) << t;
    EXPECT_EQ(sent("", Pass::kBackward), 6 * once) << t;
  }
}

}  // namespace
}  // namespace seqspan::sim
