// Names and dimensions of models to shipped ones.
#include "profiles/replay/published/model.hpp"

#include <gtest/gtest.h>

namespace seqspan::profiles::published {
namespace {

using Texts = std::vector<std::string>;

Texts settings_of(const JobFacts& job, const std::map<std::string, std::int64_t>& as_run = {},
                  const std::vector<std::pair<std::string, std::string>>& notes = {}) {
  const auto choice = choose_model(job, as_run, notes, ".");
  return choice ? choice->settings : Texts{"refused: " + choice.error().what};
}

JobFacts named(const std::string& name, std::map<std::string, std::int64_t> dimensions = {}) {
  JobFacts job;
  job.model = name;
  job.dimensions = std::move(dimensions);
  return job;
}

TEST(PublishedModel, ByName) {
  EXPECT_EQ(settings_of(named("Llama-2-7B")), Texts{"model=Llama-2-7B"});
  EXPECT_EQ(settings_of(named("meta-llama/Llama-3.1-8B")), Texts{"model=Llama-3-8B"});
  EXPECT_EQ(settings_of(named("qwen3 235b a22b")), Texts{"model=Qwen3-235B-A22B"});
  EXPECT_EQ(settings_of(named("Falcon-40B")),
            Texts{"refused: model 'Falcon-40B' is not shipped, and the file does not give its "
                  "'hidden'"});
  EXPECT_EQ(settings_of({}), Texts{"refused: the file names no model"});
}

// Only what differs from config.json is set: 4 of 126 layers, 16 of 8 KV heads.
TEST(PublishedModel, CutAndAsRun) {
  EXPECT_EQ(
      settings_of(named("Llama-3-405B", {{"layers", 4}}), {{"hidden_size", 16384},
                                                           {"kv_head_num", 16},
                                                           {"layer_num", 128},
                                                           {"head_size", 128},
                                                           {"vocab_size", 128256}}),
      (Texts{"model=Llama-3.1-405B", "model.num_key_value_heads=16", "model.num_hidden_layers=4"}));
}

// Shared experts of 2 x 1,536 are the two that the file has; head_size is that of values and keys.
TEST(PublishedModel, LatentAttentionAndExperts) {
  const std::map<std::string, std::int64_t> v2 = {{"hidden_size", 5120},
                                                  {"head_num", 128},
                                                  {"head_size", 128},
                                                  {"moe_ffn_hidden_size", 1536},
                                                  {"moe_shared_expert_intermediate_size", 3072},
                                                  {"expert_num", 160},
                                                  {"topk", 6},
                                                  {"dense_layers", 1}};
  EXPECT_EQ(settings_of(named("DeepSeek-V2", {{"layers", 4}}), v2),
            (Texts{"model=DeepSeek-V2", "model.num_hidden_layers=4"}));
  EXPECT_EQ(
      settings_of(named("DeepSeek-V3", {{"layers", 4}}), {{"dense_layers", 3}},
                  {{"setup.models", "cut; DeepSeek-V3 rows have one dense layer"}}),
      (Texts{"model=DeepSeek-V3", "model.num_hidden_layers=4", "model.first_k_dense_replace=1"}));
}

TEST(PublishedModel, ByDimensionsAlone) {
  // An MLP of 4 h and no KV heads of their own: a GPT; learned positions for 4,096 tokens.
  JobFacts gpt = named("39B", {{"hidden", 8192}, {"ffn", 32768}, {"heads", 64}, {"layers", 48}});
  gpt.sequence_length = 4096;
  EXPECT_EQ(settings_of(gpt), (Texts{"model=Megatron-GPT-22B", "model.n_embd=8192",
                                     "model.n_inner=32768", "model.n_positions=4096"}));
  EXPECT_EQ(
      settings_of(named(
          "mine",
          {{"hidden", 5120}, {"ffn", 13824}, {"heads", 40}, {"kv_heads", 8}, {"layers", 40}})),
      (Texts{"model=Llama-3-8B", "model.hidden_size=5120", "model.intermediate_size=13824",
             "model.num_attention_heads=40", "model.num_hidden_layers=40"}));
}

// 64 heads of 128 are wider than Llama-3-8B's hidden size of 4,096, which its 32 are not.
TEST(PublishedModel, HeadsAlone) {
  EXPECT_EQ(settings_of(named("", {{"q_heads", 64}, {"kv_heads", 8}, {"head_dim", 128}})),
            (Texts{"model=Llama-3-8B", "model.num_attention_heads=64", "model.head_dim=128"}));
  EXPECT_EQ(settings_of(named("", {{"q_heads", 32}, {"kv_heads", 8}, {"head_dim", 128}})),
            Texts{"model=Llama-3-8B"});
}

// What bounds Ulysses: KV heads, or all heads where there are none of their own.
TEST(PublishedModel, KvHeads) {
  const auto kv_heads = [](const JobFacts& job) {
    return choose_model(job, {}, {}, ".")->kv_heads;
  };
  EXPECT_EQ(kv_heads(named("Llama-3-8B")), 8);
  EXPECT_EQ(kv_heads(named("Llama-3-8B", {{"heads", 32}})), 8);
  EXPECT_EQ(kv_heads(named("Llama-3-8B", {{"kv_heads", 16}})), 16);
  EXPECT_EQ(kv_heads(named("MPT-30B")), 56);
  EXPECT_EQ(kv_heads(named("22B")), 64);
}

TEST(PublishedModel, MptAsBenchmarked) {
  JobFacts job = named("MPT-7B");
  job.sequence_length = 65536;
  EXPECT_EQ(settings_of(job), (Texts{"model=MPT-13B", "model.d_model=4096", "model.n_heads=32",
                                     "model.n_layers=32", "model.max_seq_len=65536"}));
}

}  // namespace
}  // namespace seqspan::profiles::published
