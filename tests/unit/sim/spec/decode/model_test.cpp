#include "sim/spec/decode/model.hpp"

#include <gtest/gtest.h>

#include "sim/spec/json/parse.hpp"
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

TEST(DecodeModel, WindowThatIsNotUsedIsAccepted) {
  EXPECT_TRUE(decode(R"(, "use_sliding_window": false, "sliding_window": 4096)", "qwen2"));
  EXPECT_TRUE(decode(R"(, "sliding_window": null)", "llama"));
  EXPECT_FALSE(decode(R"(, "use_sliding_window": true, "sliding_window": 4096)", "qwen2"));
}

}  // namespace
}  // namespace seqspan::sim
