// Latent attention and shared experts: what is kept, sent and computed, against closed forms.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/engine/step_memory.hpp"
#include "sim/spec/layer_facts.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::layer_bytes_sent;
using tests::make_job;
using tests::part_named;
using tests::program_of;

// DeepSeek-V2: 128 heads, d_n = 128, d_r = 64, d_v = 128, ranks 1536 and 512; first layer dense.
constexpr std::int64_t kTokens = 16384;
constexpr std::int64_t kHidden = 5120;
constexpr std::int64_t kHeads = 128;
constexpr std::int64_t kKeyDim = 192;
constexpr std::int64_t kValueDim = 128;
constexpr std::int64_t kRotary = 64;
constexpr std::int64_t kQueryRank = 1536;
constexpr std::int64_t kKvRank = 512;
constexpr std::int64_t kDense = 12288;
constexpr std::int64_t kExperts = 160;
constexpr std::int64_t kPerToken = 6;
constexpr std::int64_t kExpert = 1536;
constexpr std::int64_t kShared = 3072;

Job deepseek() { return make_job("DeepSeek-V2", Framework::kMegatron, 1, kTokens, 8); }

std::int64_t saved(const Program& program, std::string_view part) {
  BlockMemoryReader reader;
  return reader.read(program, part_named(program, part)).saved.value();
}

// Per token, TP splitting all of it evenly: layer input, norm output; both latents before and after
// their norms; q, k, v, o; LSE; three 1/rms.
constexpr std::int64_t kAttentionBytes = 4 * kHidden + 4 * kQueryRank + 4 * kKvRank +
                                         4 * kHeads * (kKeyDim + kValueDim) + 4 * kHeads + 12;
// Residual, norm output, 1/rms; gate and up, SwiGLU output.
constexpr std::int64_t kDenseBytes = 4 * kHidden + 4 + 6 * kDense;
// Router probabilities in fp32, the map; k rows of expert input, gate and up, SwiGLU output; the
// shared experts' gate and up, SwiGLU output.
constexpr std::int64_t kExpertBytes =
    4 * kHidden + 4 + 5 * kExperts + kPerToken * (2 * kHidden + 6 * kExpert) + 6 * kShared;

TEST(Latent, SavedBytes) {
  const Job job = deepseek();
  for (const std::int64_t t : {1, 2, 4, 8}) {
    const Program program = program_of(job, fmt::format("tp={},etp=1", t));
    EXPECT_EQ(saved(program, "dense layer"), kTokens / t * (kAttentionBytes + kDenseBytes)) << t;
    EXPECT_EQ(saved(program, "layer with experts"), kTokens / t * (kAttentionBytes + kExpertBytes))
        << t;
  }
  // A ring: the KV that arrived last in place of the own, of the same size.
  const Program ring = program_of(job, "ring=8,ep=8,etp=1");
  EXPECT_EQ(saved(ring, "dense layer"), kTokens / 8 * (kAttentionBytes + kDenseBytes));
  EXPECT_EQ(saved(ring, "layer with experts"), kTokens / 8 * (kAttentionBytes + kExpertBytes));
}

TEST(Latent, QueriesInOneStepSaveNoLatent) {
  Job job = deepseek();
  for (LayerKind& kind : job.model.towers.front().kinds) {
    std::get<LatentAttention>(kind.attention).query_rank = 0;
  }
  // Less the query latent, its norm's output and 1/rms.
  for (const std::int64_t t : {1, 4}) {
    const Program program = program_of(job, fmt::format("tp={},etp=1", t));
    EXPECT_EQ(saved(program, "dense layer"),
              kTokens / t * (kAttentionBytes - 4 * kQueryRank - 4 + kDenseBytes));
  }
}

TEST(Latent, FullRecomputationKeepsLayerInputs) {
  const Program program = program_of(deepseek(), "recompute=full,ep=8");
  EXPECT_EQ(saved(program, "dense layer"), 2 * kTokens * kHidden);
  EXPECT_EQ(saved(program, "layer with experts"), 2 * kTokens * kHidden);
}

// Where the layer's forward ends: saved; beside it the tokens sent, received, sent back and come
// back, k rows of h each, the shared experts' result and the sum. DeepSeek-V2's k is 6.
TEST(Latent, ExpertsHoldTheirTokensUntilForwardReturns) {
  const Program program = program_of(deepseek(), "ep=8");
  BlockMemoryReader reader;
  const Part& layer = part_named(program, "layer with experts");
  const PartMemory memory = reader.read(program, layer);
  const std::int64_t rows = 2 * kTokens * kHidden;
  EXPECT_GE(memory.forward.bytes.value(), memory.saved.value() + (4 * kPerToken + 2) * rows);
  // And no more than one such buffer above it: the experts' output before it is put in order.
  EXPECT_LE(memory.forward.bytes.value(), memory.saved.value() + (5 * kPerToken + 2) * rows);
}

// TP: forward the latents on the way up, k with RoPE, and the output; backward the gradient of the
// output, the latents again and their gradients, and k with RoPE. The dense half: 2 h and 3 h.
TEST(Latent, TensorParallelTraffic) {
  const Program program = program_of(deepseek(), "tp=8,etp=1");
  const std::int64_t per_width = 2 * kTokens / 8 * 7;  // 7/8 of 2 B per token
  EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kForward, "dense layer"),
            per_width * (kQueryRank + kKvRank + kRotary + kHidden + 2 * kHidden));
  EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kBackward, "dense layer"),
            per_width * (2 * kQueryRank + 2 * kKvRank + kRotary + kHidden + 3 * kHidden));
  // Shared experts are a gated feed-forward of their own on the same tokens.
  EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kForward, "layer with experts"),
            layer_bytes_sent(program, Axis::kTensor, Pass::kForward, "dense layer"));
  EXPECT_EQ(layer_bytes_sent(program, Axis::kTensor, Pass::kBackward, "layer with experts"),
            layer_bytes_sent(program, Axis::kTensor, Pass::kBackward, "dense layer"));
}

// Once per step: fp32 gradients of both down-projections and of norms.
TEST(Latent, WholeGradientsAreReducedOverTensorParallelism) {
  const auto reduced = [](std::string_view layout) {
    const Program program = program_of(deepseek(), layout);
    const Part& layer = part_named(program, "dense layer");
    std::int64_t bytes = 0;
    tests::for_each_op(program, program.blocks[layer.update], [&](const Op& op, std::int64_t) {
      const auto* work = std::get_if<Communication>(&op.work);
      if (work != nullptr && work->axis == Axis::kTensor) bytes += work->bytes.value();
    });
    return bytes;
  };
  EXPECT_EQ(reduced("tp=8,etp=1"),
            4 * (kHidden * (kQueryRank + kKvRank + kRotary) + kQueryRank + kKvRank + 2 * kHidden));
  EXPECT_EQ(reduced("tp=1"), 0);
}

// What context parallelism sends are the heads of K and V, 192 + 128 wide: U = T a (d_k + d_v) x 2
// B with T = s/8.
constexpr std::int64_t kU = kTokens / 8 * kHeads * (kKeyDim + kValueDim) * 2;

TEST(Latent, RingTraffic) {
  const Program program = program_of(deepseek(), "ring=8,ep=8,etp=1");
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kForward, "dense layer"), 7 * kU);
  EXPECT_EQ(layer_bytes_sent(program, Axis::kRing, Pass::kBackward, "dense layer"), 2 * 7 * kU);
}

// Not what TransformerEngine offers for heads of two widths, but what the methods would send.
TEST(Latent, OtherMethodsTraffic) {
  const Program gathered = program_of(deepseek(), "ring=8,kv_exchange=all_gather,ep=8,etp=1");
  EXPECT_EQ(layer_bytes_sent(gathered, Axis::kRing, Pass::kForward, "dense layer"), 7 * kU);
  EXPECT_EQ(layer_bytes_sent(gathered, Axis::kRing, Pass::kBackward, "dense layer"), 2 * 7 * kU);
  // Q and K, V and O: each as large as K and V together, hence 2 U, 7/8 of it sent.
  const Program dealt = program_of(deepseek(), "ulysses=8,ep=8,etp=1");
  EXPECT_EQ(layer_bytes_sent(dealt, Axis::kUlysses, Pass::kForward, "dense layer"), 2 * kU / 8 * 7);
  EXPECT_EQ(layer_bytes_sent(dealt, Axis::kUlysses, Pass::kBackward, "dense layer"),
            2 * kU / 8 * 7);
}

// Scores and dQ, dK over d_k, the rest over d_v: 2 (d_k + d_v) and 2 (3 d_k + 2 d_v) per pair, and
// every pair once whatever the method: s (s + 1) / 2 over all ranks.
TEST(Latent, AttentionFlops) {
  const Job job = deepseek();
  const double pairs = static_cast<double>(kTokens) * (kTokens + 1) / 2 * kHeads;
  for (const char* layout : {"tp=1", "tp=8,etp=1", "ring=8,ep=8,etp=1", "ulysses=8,ep=8,etp=1"}) {
    const Program program = program_of(job, layout);
    const Part& layer = part_named(program, "dense layer");
    const auto attention_flops = [&](BlockIndex block) {
      double flops = 0;
      tests::for_each_op(program, program.blocks[block], [&](const Op& op, std::int64_t times) {
        if (!std::holds_alternative<AttentionWork>(op.work)) return;
        flops += flops_of(op).value() * static_cast<double>(times);
      });
      return flops;
    };
    const double ranks = layout == std::string_view("tp=1") ? 1 : 8;
    EXPECT_DOUBLE_EQ(ranks * attention_flops(layer.forward), 2 * pairs * (kKeyDim + kValueDim));
    EXPECT_DOUBLE_EQ(ranks * attention_flops(layer.backward),
                     2 * pairs * (3 * kKeyDim + 2 * kValueDim));
  }
}

// All matrix products of a layer, forward: 2 FLOPs per token and element that it is multiplied
// with; three times as many with backward.
TEST(Latent, GemmFlops) {
  const Job job = deepseek();
  const LayerKind& kind = job.model.towers.front().kinds.back();
  const double per_token =
      2.0 * static_cast<double>(parameters_of(kind.attention, kHidden).multiplied_per_token() +
                                parameters_of(kind.feed_forward, kHidden).multiplied_per_token());
  for (const std::int64_t t : {1, 8}) {
    const Program program = program_of(job, fmt::format("tp={},etp=1", t));
    const Part& layer = part_named(program, "layer with experts");
    double forward = 0;
    double backward = 0;
    for (const BlockIndex block : {layer.forward, layer.backward}) {
      tests::for_each_op(program, program.blocks[block], [&](const Op& op, std::int64_t) {
        if (!std::holds_alternative<Gemm>(op.work)) return;
        (op.pass == Pass::kForward ? forward : backward) += flops_of(op).value();
      });
    }
    // Grouped GEMMs have whole rows per expert: kTokens / t x 6 / 160 is rounded up, 0.1 % at most;
    // the router's data gradient is part of a pass (160 x 5120 of 0.3e9 elements).
    const double expected = per_token * kTokens / static_cast<double>(t);
    EXPECT_NEAR(forward / expected, 1, 2e-3) << t;
    EXPECT_NEAR(backward / (2 * expected), 1, 4e-3) << t;
  }
}

// Weight-gradient placeholders, 2 B per element, one of each shape and stage whatever kinds of
// layers the stage has: stage 0 of 2 has the dense layer and one with experts, stage 1 two with
// experts.
TEST(Latent, EveryStageHasItsPlaceholders) {
  Job job = deepseek();
  job.model.towers.front().runs = {{0, 1}, {1, 3}};
  const Program program = program_of(job, "pp=2,dp=4,ep=4");
  StepMemoryReader reader;
  reader.begin(program, Bytes(0), Bytes(0));
  const std::int64_t attention = kQueryRank * kHidden + kHeads * kKeyDim * kQueryRank +
                                 (kKvRank + kRotary) * kHidden + kHeads * 256 * kKvRank +
                                 kHidden * kHeads * kValueDim;
  const std::int64_t experts = 3 * kHidden * (kExpert + kShared);
  const std::int64_t dense = 3 * kHidden * kDense;
  // fp32 gradients of what stands on the stage, parameters padded to a multiple of dp = 4.
  const auto gradients = [](std::int64_t parameters) { return 4 * ((parameters + 3) / 4 * 4); };
  const std::int64_t norms = 2 * kHidden + kQueryRank + kKvRank;
  const std::int64_t with_experts =
      gradients(attention + norms + 3 * kHidden * kShared + kHidden * kExperts) +
      4 * (kExperts / 4) * 3 * kHidden * kExpert;
  const std::int64_t table = 102400 * kHidden;
  const auto of_stage = [&](std::int64_t stage) {
    return reader.stage(stage).by_role[static_cast<std::size_t>(MemoryRole::kGradients)].value();
  };
  EXPECT_EQ(of_stage(0), gradients(table) + gradients(attention + norms + dense) + with_experts +
                             2 * (attention + dense + experts));
  EXPECT_EQ(of_stage(1), gradients(table + kHidden) + 2 * with_experts + 2 * (attention + experts));
}

}  // namespace
}  // namespace seqspan::sim
