#include "sim/layout/legality.hpp"

#include <gtest/gtest.h>

#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::layout_of;
using tests::make_job;

struct Case {
  const char* model;
  Framework framework;
  std::int64_t nodes;
  const char* layout;
  const char* reason;  // nullptr: legal
};

std::ostream& operator<<(std::ostream& out, const Case& test) {
  return out << test.model << " " << name_of(test.framework) << " " << test.layout;
}

class Legality : public testing::TestWithParam<Case> {};

// 131,072 tokens, global batch 16.
TEST_P(Legality, FirstBrokenRule) {
  const Case& test = GetParam();
  const Job job = make_job(test.model, test.framework, test.nodes, 131072, 16);
  const Layout layout = layout_of(job, test.layout);
  const auto code = broken_rule(job, layout);
  if (test.reason == nullptr) {
    EXPECT_FALSE(code.has_value()) << facts_of(*code).name;
    return;
  }
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ(facts_of(*code).name, test.reason);
  EXPECT_FALSE(describe(*code, job, layout).empty());
}

constexpr Framework kM = Framework::kMegatron;
constexpr Framework kD = Framework::kDeepSpeed;
constexpr Framework kY = Framework::kYunchang;
constexpr Framework kT = Framework::kTorchTitan;

// With documents, dealt per document or as the framework does it, or groups as each one needs.
TEST(Legality, Documents) {
  const auto rule = [](Framework framework, const char* layout, std::optional<DocumentSplit> split,
                       DocumentGroups groups = DocumentGroups::kFixed) -> std::string {
    Job job = make_job("Llama-3-8B", framework, 1, 131072, 16);
    job.training.documents.emplace();
    job.training.documents->lengths = FixedLength{4096};
    job.training.documents->split = split;
    job.training.documents->context_parallel = groups;
    const auto code = broken_rule(job, layout_of(job, layout));
    return code ? std::string(facts_of(*code).name) : "";
  };
  constexpr auto kEach = DocumentSplit::kPerDocument;
  constexpr auto kRow = DocumentSplit::kWholeRow;
  constexpr auto kGroups = DocumentGroups::kPerDocument;
  const std::string unsupported = "documents_unsupported";
  EXPECT_EQ(rule(kM, "ring=8", {}), "");
  EXPECT_EQ(rule(kM, "ring=8", kRow), "");
  EXPECT_EQ(rule(kM, "ulysses=4,ring=2", kEach), "");
  EXPECT_EQ(rule(kD, "ulysses=8", {}), "");
  EXPECT_EQ(rule(kD, "ulysses=8", kEach), unsupported);
  EXPECT_EQ(rule(kT, "ring=8", {}), "");
  EXPECT_EQ(rule(kT, "ring=8", kEach), unsupported);
  EXPECT_EQ(rule(kY, "ring=8", {}), "");
  EXPECT_EQ(rule(kY, "ring=8,ring_order=contiguous", {}), "");
  EXPECT_EQ(rule(kY, "ring=8,ring_order=striped", {}), unsupported);
  EXPECT_EQ(rule(kY, "ring=8", kRow), unsupported);
  EXPECT_EQ(rule(kY, "ulysses=2,ring=4", {}), unsupported);
  const std::string no_groups = "document_groups_unsupported";
  EXPECT_EQ(rule(kM, "ring=4", {}, kGroups), "");
  EXPECT_EQ(rule(kM, "ring=4", kRow, kGroups), no_groups);
  EXPECT_EQ(rule(kM, "ulysses=4", {}, kGroups), no_groups);
  EXPECT_EQ(rule(kM, "ring=4,pp=2", {}, kGroups), no_groups);
  EXPECT_EQ(rule(kM, "ring=4,micro_batch=2", {}, kGroups), no_groups);
  EXPECT_EQ(rule(kM, "ring=4,sharding=parameters", {}, kGroups), no_groups);
  EXPECT_EQ(rule(kM, "ring=4,kv_exchange=all_gather", {}, kGroups), no_groups);
  EXPECT_EQ(rule(kT, "ring=4", {}, kGroups), no_groups);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Legality,
    testing::Values(
        Case{"DeepSeek-V2", kM, 1, "ring=8,ep=8,etp=1", nullptr},
        Case{"DeepSeek-V2", kM, 2, "ulysses=2,ring=8,ep=8,etp=1", nullptr},
        // TransformerEngine takes heads of two widths over a point-to-point ring only.
        Case{"DeepSeek-V2", kM, 1, "ulysses=8,ep=8,etp=1", "latent_needs_ring"},
        Case{"DeepSeek-V2", kM, 1, "ring=8,kv_exchange=all_gather,ep=8,etp=1", "latent_needs_ring"},
        Case{"DeepSeek-V2", kD, 1, "ulysses=8", "latent_attention_unsupported"},
        Case{"DeepSeek-V2", kT, 1, "ring=8", "latent_attention_unsupported"},
        Case{"Llama-3-8B", kM, 1, "tp=2,ulysses=4", nullptr},
        Case{"Llama-3-8B", kM, 1, "ring=8", nullptr},
        Case{"Llama-3-8B", kM, 1, "tp=2,dp=8", "world_size"},
        Case{"Llama-3-8B", kM, 1, "tp=4,micro_batch=3", "batch_not_divisible"},
        // 131072 / 24 has a remainder.
        Case{"Llama-3-8B", kM, 3, "ring=12,dp=2", "sequence_not_divisible"},
        // 32 query heads, 4 KV heads after tp=2: ulysses=8 splits 16 query heads but not 4 KV
        // heads.
        Case{"Llama-3-8B", kM, 2, "tp=2,ulysses=8", "kv_heads_not_divisible_by_ulysses"},
        // Qwen3-235B has 4 KV heads: TransformerEngine refuses ulysses 8, ALST repeats them twice.
        Case{"Qwen3-235B-A22B", kM, 1, "ulysses=8", "kv_heads_not_divisible_by_ulysses"},
        Case{"Qwen3-235B-A22B", kD, 1, "ulysses=8", nullptr},
        Case{"Qwen3-235B-A22B", kY, 1, "ulysses=8", "kv_heads_not_divisible_by_ulysses"},
        // Ulysses is at most the query heads: 32 < 64.
        Case{"Llama-3-8B", kD, 8, "ulysses=64", "query_heads_not_divisible"},
        // g = 4 < t = 8: Megatron gathers QKV, torchtitan refuses.
        Case{"Qwen3-235B-A22B", kM, 1, "tp=8,etp=1", nullptr},
        Case{"Qwen3-235B-A22B", kT, 1, "tp=8", "kv_heads_not_divisible_by_tp"},
        Case{"Llama-3-8B", kM, 1, "pp=8,vpp=3", "layers_not_divisible"},
        Case{"Llama-3-8B", kM, 1, "vpp=2", "interleaving_without_pipeline"},
        Case{"Llama-3-8B", kM, 1, "pp=8,vpp=2,micro_batch=4",
             "micro_batches_not_multiple_of_stages"},
        // 94 layers over 8 stages: 6 x 12 in the middle, 11 at either end.
        Case{"Qwen3-235B-A22B", kM, 1, "pp=8,etp=1", nullptr},
        Case{"Qwen3-235B-A22B", kM, 1, "pp=4,tp=2,etp=1", nullptr},
        Case{"Llama-3-8B", kM, 1, "ep=2", "expert_parallel_without_experts"},
        Case{"Qwen3-235B-A22B", kM, 1, "ep=3,etp=1", "experts_not_divisible"},
        Case{"Qwen3-235B-A22B", kM, 1, "ep=16,etp=1", "expert_grid_not_divisible"},
        Case{"Llama-3-8B", kD, 1, "tp=2", "tensor_parallel_unsupported"},
        Case{"Llama-3-8B", kM, 1, "tp=8,sequence_parallel=false", nullptr},
        Case{"Llama-3-8B", kT, 1, "tp=8,sequence_parallel=false", "sequence_parallel_required"},
        Case{"Llama-3-8B", kT, 1, "ring=8,sequence_parallel=false", nullptr},
        Case{"Qwen3-235B-A22B", kM, 1, "tp=4,etp=1,sequence_parallel=false",
             "sequence_parallel_required"},
        Case{"Llama-3-8B", kY, 1, "pp=2", "pipeline_unsupported"},
        Case{"Qwen3-235B-A22B", kD, 1, "ep=2", "expert_parallel_unsupported"},
        Case{"Llama-3-8B", kT, 1, "ulysses=2", "ulysses_unsupported"},
        Case{"Llama-3-8B", kD, 1, "ring=2", "ring_unsupported"},
        Case{"Llama-3-8B", kT, 1, "ring=2,kv_exchange=p2p", "ring_unsupported"},
        Case{"Llama-3-8B", kT, 1, "ring=8", nullptr},
        Case{"Llama-3-8B", kY, 1, "ring=2,kv_exchange=all_gather", "kv_all_gather_unsupported"},
        Case{"Llama-3-8B", kM, 1, "ulysses=2,ring=2,kv_exchange=all_gather",
             "kv_all_gather_unsupported"},
        Case{"Llama-3-8B", kM, 1, "ring=2,ring_order=contiguous", "ring_order_unsupported"},
        Case{"Llama-3-8B", kY, 1, "ring=2,ring_order=striped", nullptr},
        Case{"Llama-3-8B", kM, 1, "ulysses=2,ring=2,placement=ring_inner", "placement_unsupported"},
        Case{"Llama-3-8B", kY, 1, "ulysses=2,ring=2,placement=ring_inner", nullptr},
        Case{"Llama-3-8B", kT, 1, "pp=2,placement=pipeline_inner", "placement_unsupported"},
        Case{"Llama-3-8B", kM, 2, "tp=2,pp=2,placement=pipeline_inner", nullptr},
        // Megatron counts a dense model as one of etp = tp, ep = 1: 8 / 2 replicas of "experts",
        // and 4 of the rest. Without stages there is nothing to agree on.
        Case{"Llama-3-8B", kM, 2, "ring=2,pp=2,placement=pipeline_inner", "replicas_differ"},
        Case{"Llama-3-8B", kM, 2, "ring=2,placement=pipeline_inner", nullptr},
        // etp 1 x ep 4 = tp 1 x cp 4.
        Case{"Qwen3-235B-A22B", kM, 2, "ring=4,pp=2,ep=4,placement=pipeline_inner", nullptr},
        Case{"Qwen3-235B-A22B", kM, 2, "ring=4,pp=2,ep=8,placement=pipeline_inner",
             "replicas_differ"},
        Case{"Llama-3-8B", kD, 1, "recompute=selective", "recompute_unsupported"},
        Case{"Llama-3-8B", kM, 1, "sharding=gradients", "sharding_unsupported"},
        Case{"Llama-3-8B", kT, 1, "sharding=optimizer", "sharding_unsupported"},
        Case{"Llama-3-8B", kM, 1, "pp=2,sharding=parameters", "sharding_with_pipeline"}));

// A dense model has no etp and ep to set: Megatron counts its experts on tp = 1 of 2 ranks.
TEST(StagesInsideReplicas, ADenseModelIsNotToldToSetExperts) {
  const Job job = make_job("Llama-3-8B", kM, 2, 131072, 16);
  const Layout layout = layout_of(job, "ring=2,pp=2,placement=pipeline_inner");
  EXPECT_EQ(describe(ReasonCode::kReplicasDiffer, job, layout),
            "stages inside replicas: a replica's stage is tp x cp = 2 ranks, and Megatron counts "
            "experts, which this model has none of, on tp = 1");
}

// Scores of all keys at once: any layout of heads, no ring.
TEST(UnfusedAttention, NeedsTheWholeSequence) {
  Job job = make_job("Llama-3-8B", kM, 1, 131072, 16);
  job.training.attention_kernel = AttentionKernel::kUnfused;
  EXPECT_EQ(broken_rule(job, layout_of(job, "ring=2")), ReasonCode::kUnfusedNeedsWholeSequence);
  EXPECT_FALSE(broken_rule(job, layout_of(job, "tp=4,ulysses=2")).has_value());
}

// Without sequence parallelism no tokens are split over tp: 131,073 of them will do.
TEST(SequenceParallel, OnlyItSplitsTokens) {
  const Job job = make_job("Llama-3-8B", kM, 1, 131073, 16);
  EXPECT_EQ(broken_rule(job, layout_of(job, "tp=8")), ReasonCode::kTokensNotDivisibleByTp);
  EXPECT_FALSE(broken_rule(job, layout_of(job, "tp=8,sequence_parallel=false")).has_value());
}

TEST(KvReplication, RepeatsUpToTheUlyssesDegree) {
  const Job job = make_job("Qwen3-235B-A22B", kD, 1, 131072, 16);
  EXPECT_EQ(kv_replication(job, layout_of(job, "ulysses=8")), 2);
  EXPECT_EQ(kv_replication(job, layout_of(job, "ulysses=4")), 1);
}

TEST(ReasonCodes, EachHasANameARuleAndAFix) {
  for (const ReasonFacts& facts : all_reasons()) {
    EXPECT_EQ(reason_named(facts.name), facts.code);
    EXPECT_FALSE(facts.rule.empty());
    EXPECT_FALSE(facts.fix.empty());
  }
  EXPECT_FALSE(reason_named("no_such_reason").has_value());
}

struct Fp8Case {
  const char* model;
  Framework framework;
  std::optional<Fp8Recipe> recipe;
  bool all_gather;
  const char* layout;
  const char* reason;  // nullptr: legal
};

TEST(Legality, OfFp8) {
  constexpr auto kNone = std::nullopt;
  for (const Fp8Case& test : {
           Fp8Case{"Llama-3-8B", kM, kNone, false, "tp=2,ulysses=4", nullptr},
           Fp8Case{"Llama-3-8B", kM, Fp8Recipe::kTensorwise, false, "tp=8", nullptr},
           Fp8Case{"Llama-3-8B", kM, Fp8Recipe::kRowwise, false, "tp=8", "fp8_recipe_unsupported"},
           Fp8Case{"Llama-3-8B", kM, kNone, false, "ring=8,sharding=parameters",
                   "fp8_recipe_unsupported"},
           Fp8Case{"Llama-3-8B", kM, kNone, true, "ring=8", nullptr},
           Fp8Case{"Llama-3-8B", kM, kNone, true, "ring=8,sharding=none", "fp8_recipe_unsupported"},
           Fp8Case{"Llama-3-8B", kD, kNone, false, "ulysses=8", "fp8_recipe_unsupported"},
           Fp8Case{"Llama-3-8B", kT, kNone, true, "ring=8", nullptr},
           Fp8Case{"Llama-3-8B", kT, Fp8Recipe::kRowwise, false, "ring=8", nullptr},
           Fp8Case{"Llama-3-8B", kT, Fp8Recipe::kRowwise, true, "ring=8", "fp8_recipe_unsupported"},
           Fp8Case{"Llama-3-8B", kT, Fp8Recipe::kRowwise, false, "tp=2,ring=4",
                   "fp8_recipe_unsupported"},
           Fp8Case{"Llama-3-8B", kT, Fp8Recipe::kDelayed, false, "ring=8",
                   "fp8_recipe_unsupported"},
           Fp8Case{"Qwen3-235B-A22B", kM, kNone, false, "tp=8,etp=1", nullptr},
           Fp8Case{"Qwen3-235B-A22B", kT, kNone, false, "ring=8", "fp8_model_unsupported"},
           Fp8Case{"DeepSeek-V2", kM, kNone, false, "ring=8,ep=8,etp=1", nullptr},
       }) {
    Job job = make_job(test.model, test.framework, 1, 131072, 16);
    job.training.linear_precision = LinearPrecision::kFloat8;
    job.training.fp8_recipe = test.recipe;
    job.training.fp8_all_gather = test.all_gather;
    const Layout layout = layout_of(job, test.layout);
    EXPECT_EQ(broken_rule(job, layout), ReasonCode::kFp8DeviceUnsupported) << test.layout;
    job.cluster.device.peak_fp8 = FlopsPerSecond(2e15);
    job.cluster.device.efficiency.fp8_gemm = 0.7;
    const auto code = broken_rule(job, layout);
    const std::string_view found = code ? facts_of(*code).name : "";
    EXPECT_EQ(found, test.reason == nullptr ? "" : test.reason) << test.model << " " << test.layout;
  }
}

}  // namespace
}  // namespace seqspan::sim
