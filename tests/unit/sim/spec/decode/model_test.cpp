#include "sim/spec/decode/model.hpp"

#include <gtest/gtest.h>

#include "sim/spec/json/parse.hpp"
#include "sim/spec/layer_facts.hpp"
#include "sim/spec/read_model.hpp"

namespace seqspan::sim {
namespace {

std::int64_t shipped_parameters(const std::string& name) {
  const Result<Model> model = read_model("configs/models/" + name);
  EXPECT_TRUE(model) << (model ? "" : model.error().what + " " + model.error().where);
  return model ? parameter_count(*model) : 0;
}

// Sizes of the published checkpoints, as their authors count them.
TEST(ReadModel, ParametersOfPublishedModels) {
  EXPECT_EQ(shipped_parameters("Llama-2-7B"), 6738415616);
  EXPECT_EQ(shipped_parameters("Llama-3-8B"), 8030261248);
  EXPECT_EQ(shipped_parameters("Llama-3.1-70B"), 70553706496);
  EXPECT_EQ(shipped_parameters("Llama-3.1-405B"), 405853388800);
  EXPECT_EQ(shipped_parameters("Qwen3-235B-A22B"), 235093634560);
  EXPECT_EQ(shipped_parameters("Mixtral-8x7B"), 46702792704);
  // The safetensors' count, as for the others.
  EXPECT_EQ(shipped_parameters("DeepSeek-V2"), 235741434880);
  // Without the layer that predicts a second token (11.5e9 of its own).
  EXPECT_EQ(shipped_parameters("DeepSeek-V3"), 671026419200);
}

// The counts above, term by term: latent attention of 128 heads of 128 + 64 and 128, ranks 1536 and
// 512; L layers, k of them dense.
struct DeepSeek {
  std::int64_t h;
  std::int64_t layers;
  std::int64_t dense_layers;
  std::int64_t f;
  std::int64_t experts;
  std::int64_t expert_f;
  std::int64_t shared_f;
  std::int64_t vocabulary;
  std::int64_t router_bias;

  [[nodiscard]] std::int64_t parameters() const {
    const std::int64_t attention = h * 1536 + 1536 + 1536 * 128 * 192  // queries
                                   + h * (512 + 64) + 512              // down to the KV latent
                                   + 512 * 128 * (128 + 128)           // up to keys and values
                                   + 128 * 128 * h;                    // output
    const std::int64_t mixture =
        3 * h * (experts * expert_f + shared_f) + h * experts + router_bias;
    return layers * (attention + 2 * h) + dense_layers * 3 * h * f +
           (layers - dense_layers) * mixture + 2 * vocabulary * h + h;
  }
};

TEST(ReadModel, ParametersOfDeepSeekTermByTerm) {
  const DeepSeek v2{5120, 60, 1, 12288, 160, 1536, 2 * 1536, 102400, 0};
  const DeepSeek v3{7168, 61, 3, 18432, 256, 2048, 2048, 129280, 256};
  EXPECT_EQ(v2.parameters(), shipped_parameters("DeepSeek-V2"));
  EXPECT_EQ(v3.parameters(), shipped_parameters("DeepSeek-V3"));
}

TEST(ReadModel, NamesTheModelAfterItsFolder) {
  EXPECT_EQ(read_model("configs/models/Qwen3-8B/config.json")->name, "Qwen3-8B");
}

Result<Model> decode(const std::string& extra, const std::string& family = "qwen3_moe") {
  const Result<json::Value> value = json::parse(
      R"({"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "vocab_size": 100,
          "intermediate_size": 128, "model_type": ")" +
          family + "\"" + extra + "}",
      "model.json");
  if (!value) return tl::unexpected(value.error());
  return decode_model(*value, {}, "tiny");
}

constexpr const char* kExperts =
    R"(, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32)";

TEST(DecodeModel, SparseStepAndDenseLayersMakeRuns) {
  // Layers 1 and 3 are mixtures (every second), 3 is dense by mlp_only_layers.
  const Result<Model> model =
      decode(std::string(kExperts) + R"(, "decoder_sparse_step": 2, "mlp_only_layers": [3])");
  ASSERT_TRUE(model);
  const Tower& tower = model->towers.front();
  ASSERT_EQ(tower.kinds.size(), 2U);
  const std::vector<LayerRun> expected = {{0, 1}, {1, 1}, {0, 2}};
  EXPECT_EQ(tower.runs, expected);
  EXPECT_TRUE(std::holds_alternative<MixtureOfExperts>(tower.kinds[1].feed_forward));
}

TEST(DecodeModel, FamiliesSetBiasesAndNorms) {
  const auto attention = [](const Result<Model>& model) {
    return std::get<FullAttention>(model->towers.front().kinds.front().attention);
  };
  EXPECT_TRUE(attention(decode("", "qwen2")).qkv_bias);
  EXPECT_FALSE(attention(decode("", "qwen2")).output_bias);
  EXPECT_TRUE(attention(decode("", "qwen3")).qk_norm);
  EXPECT_TRUE(attention(decode(R"(, "attention_bias": true)", "llama")).output_bias);
  EXPECT_EQ(attention(decode("", "llama")).kv_heads, 4);  // absent: as many as query heads
  EXPECT_EQ(attention(decode(R"(, "head_dim": 32)", "qwen3")).head_dim, 32);
}

constexpr const char* kLatent =
    R"(, "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 12)";

TEST(DecodeModel, LatentAttentionOfDeepSeek) {
  const Result<Model> model = decode(
      std::string(kLatent) + R"(, "q_lora_rank": 32, "attention_bias": true)", "deepseek_v2");
  ASSERT_TRUE(model) << model.error().what;
  const LatentAttention expected{4, 32, 16, 8, 4, 12, true};
  EXPECT_EQ(std::get<LatentAttention>(model->towers.front().kinds.front().attention), expected);
  // Biases of 32, 16 + 4 and 64 on the way down and at the output; norms of 32 and 16.
  EXPECT_EQ(parameters_of(Attention(expected), 64).whole_vectors, 32 + 20 + 64 + 32 + 16);

  const Result<Model> without =
      decode(std::string(kLatent) + R"(, "q_lora_rank": null)", "deepseek_v3");
  ASSERT_TRUE(without) << without.error().what;
  const auto& direct = std::get<LatentAttention>(without->towers.front().kinds.front().attention);
  EXPECT_EQ(direct.query_rank, 0);
  // 64 x 4 x 12 for queries, 16 x 4 x 20 up to k and v, 4 x 12 x 64 out; 64 x 20 down.
  EXPECT_EQ(parameters_of(Attention(direct), 64).split_matrices, 3072 + 1280 + 3072);
  EXPECT_EQ(parameters_of(Attention(direct), 64).whole_matrices, 1280);
}

TEST(DecodeModel, FirstLayersOfDeepSeekAreDense) {
  const std::string experts = std::string(kLatent) + R"(, "q_lora_rank": 32, "n_routed_experts": 8,
      "num_experts_per_tok": 2, "moe_intermediate_size": 32, "n_shared_experts": 3)";
  // Layers 0 to 3: the first is dense, of the others every second, counted from layer 0.
  const Result<Model> model =
      decode(experts + R"(, "first_k_dense_replace": 1, "moe_layer_freq": 2)", "deepseek_v3");
  ASSERT_TRUE(model) << model.error().what;
  const std::vector<LayerRun> expected = {{0, 2}, {1, 1}, {0, 1}};
  EXPECT_EQ(model->towers.front().runs, expected);
  const MixtureOfExperts mixture{8, 2, 32, 96, true};
  EXPECT_EQ(std::get<MixtureOfExperts>(model->towers.front().kinds[1].feed_forward), mixture);

  const Result<Model> all = decode(experts, "deepseek_v2");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->towers.front().runs, (std::vector<LayerRun>{{0, 4}}));
  const Result<Model> dense =
      decode(std::string(kLatent) + R"(, "q_lora_rank": 32)", "deepseek_v2");
  ASSERT_TRUE(dense);
  EXPECT_TRUE(
      std::holds_alternative<DenseFeedForward>(dense->towers.front().kinds.front().feed_forward));
}

TEST(DecodeModel, WindowThatIsNotUsedIsAccepted) {
  EXPECT_TRUE(decode(R"(, "use_sliding_window": false, "sliding_window": 4096)", "qwen2"));
  EXPECT_TRUE(decode(R"(, "sliding_window": null)", "llama"));
  EXPECT_FALSE(decode(R"(, "use_sliding_window": true, "sliding_window": 4096)", "qwen2"));
}

}  // namespace
}  // namespace seqspan::sim
