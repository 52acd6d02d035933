// Texts about software to frameworks and settings.
#include "profiles/replay/published/software.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace seqspan::profiles::published {
namespace {

SoftwareChoice choose(const std::string& framework, const std::string& cluster = "h100-1x8",
                      const JobFacts& more = {}, const std::string& source = "a page",
                      bool has_cp = false) {
  FileFacts file;
  file.source = source;
  JobFacts job = more;
  job.framework = framework;
  return choose_software(file, job, cluster, {}, has_cp);
}

bool sets(const SoftwareChoice& choice, const std::string& setting) {
  return std::find(choice.settings.begin(), choice.settings.end(), setting) !=
         choice.settings.end();
}

TEST(PublishedSoftware, Frameworks) {
  EXPECT_EQ(choose("Megatron-LM commit 2196398; Ulysses from yunchang").framework, "megatron");
  EXPECT_EQ(choose("Megatron/NeMo 24.03.01, FP8").framework, "megatron");
  EXPECT_EQ(choose("torchtitan 9dec370, FSDP").framework, "torchtitan");
  EXPECT_EQ(choose("FSDP FULL_SHARD over 8 GPUs").framework, "torchtitan");
  EXPECT_EQ(choose("Megatron-DeepSpeed").framework, "deepspeed");
  EXPECT_EQ(choose("yunchang").framework, "yunchang");
  const SoftwareChoice unknown = choose("JAX");
  EXPECT_EQ(unknown.framework, "megatron");
  EXPECT_NE(unknown.assumptions.front().find("'JAX'"), std::string::npos);
}

TEST(PublishedSoftware, TheLossOfMegatronIsFusedWhereItSaysSo) {
  JobFacts job;
  EXPECT_TRUE(sets(choose("Megatron-LM", "h100-1x8", job), "training.loss=fp32_logits"));
  job.loss = "fused vocab-parallel cross entropy";
  EXPECT_FALSE(sets(choose("Megatron-LM", "h100-1x8", job), "training.loss=fp32_logits"));
  job.loss = "not fused";
  EXPECT_TRUE(sets(choose("Megatron-LM", "h100-1x8", job), "training.loss=fp32_logits"));
}

TEST(PublishedSoftware, Fp8IsWhatTheFrameworkMeansByIt) {
  EXPECT_TRUE(sets(choose("Megatron/NeMo 24.03.01, FP8"), "training.fp8_recipe=delayed"));
  EXPECT_TRUE(sets(choose("torchtitan, float8 linears"), "training.fp8_recipe=tensorwise"));
  EXPECT_FALSE(sets(choose("torchtitan, no float8"), "training.linear_precision=fp8"));
  JobFacts job;
  job.precision = "bf16 weights, FP8 linears";
  EXPECT_TRUE(sets(choose("Megatron-LM", "b200-1x8", job), "training.linear_precision=fp8"));
}

TEST(PublishedSoftware, RecipesOfMegatronsFp8) {
  const SoftwareChoice bridge = choose("Megatron-Bridge 25.09, FP8-CS", "b200-1x8");
  EXPECT_TRUE(sets(bridge, "training.fp8_recipe=tensorwise"));
  EXPECT_TRUE(sets(bridge, "training.fp8_all_gather=true"));
  EXPECT_FALSE(sets(bridge, "training.overlap_gradient_reduction=false")) << "a launcher";
  const SoftwareChoice blocks = choose("Megatron-LM, MXFP8", "b200-1x8");
  EXPECT_TRUE(sets(blocks, "training.fp8_recipe=tensorwise"));
  EXPECT_FALSE(sets(blocks, "training.fp8_recipe=delayed"));
}

// NeMo of 2024-03 did not run on B200; later ones prefer cuDNN.
TEST(PublishedSoftware, OneVersionOnOneKindOfGpu) {
  const std::string flash2 = "training.flash_attention=2";
  EXPECT_TRUE(sets(choose("Megatron/NeMo 24.03.01, FP8"), flash2));
  EXPECT_FALSE(sets(choose("Megatron/NeMo 25.04, FP8", "b200-1x8"), flash2));
  EXPECT_TRUE(choose("Megatron/NeMo 25.04, FP8", "b200-1x8").counts_full_square);
  EXPECT_FALSE(choose("Megatron-LM").counts_full_square);
}

TEST(PublishedSoftware, HowCpIsRun) {
  const auto cp = [](const std::string& framework, const std::string& said) {
    JobFacts job;
    job.context_parallel = said;
    return choose(framework, "b200-1x8", job, "a page", true).context_parallel;
  };
  EXPECT_EQ(cp("Megatron-LM 23e00ed0", ""), "ulysses");
  EXPECT_EQ(cp("Megatron-LM 23e00ed0", "p2p"), "ring");
  EXPECT_EQ(cp("Megatron-LM core 0.8", ""), "ring");
  EXPECT_EQ(cp("Megatron-LM core 0.8", "cp_comm_type a2a"), "ulysses");
  EXPECT_EQ(cp("Megatron-LM core 0.8", "all_gather"), "all_gather");
  EXPECT_EQ(cp("DeepSpeed", ""), "ulysses");
}

TEST(PublishedSoftware, APaperThatIsKnown) {
  const SoftwareChoice choice =
      choose("Megatron-LM", "a100-1x8", {}, "Korthikanti et al., arXiv 2205.05198, Table 5");
  EXPECT_TRUE(sets(choice, "training.attention_kernel=unfused"));
  EXPECT_EQ(choice.layout, std::vector<std::string>{"sharding=none"});
  EXPECT_FALSE(sets(choose("Megatron-LM"), "training.attention_kernel=unfused"));
}

}  // namespace
}  // namespace seqspan::profiles::published
