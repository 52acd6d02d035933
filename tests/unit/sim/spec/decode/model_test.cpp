#include "sim/spec/decode/model.hpp"

#include <fmt/format.h>
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

// Plain feed-forwards: per layer 12 h^2 of matrices (3 + 1 + 4 + 4), biases of 3 + 1 + 4 + 1 h, two
// norms of 2 h with a bias, 1 h without; the embedding, tied; P h of learned positions; final norm.
std::int64_t plain_parameters(std::int64_t h, std::int64_t layers, std::int64_t vocabulary,
                              std::int64_t positions, bool biased) {
  const std::int64_t vectors = biased ? 9 * h + 4 * h : 2 * h;
  return layers * (12 * h * h + vectors) + (vocabulary + positions) * h + (biased ? 2 : 1) * h;
}

TEST(ReadModel, ParametersOfPlainModelsTermByTerm) {
  // OpenAI's 124M.
  EXPECT_EQ(shipped_parameters("GPT-2"), 124439808);
  EXPECT_EQ(plain_parameters(768, 12, 50257, 1024, true), 124439808);
  // The published checkpoints: ALiBi, no biases.
  EXPECT_EQ(shipped_parameters("MPT-7B"), 6649286656);
  EXPECT_EQ(plain_parameters(4096, 32, 50432, 0, false), 6649286656);
  EXPECT_EQ(shipped_parameters("MPT-30B"), 29957200896);
  EXPECT_EQ(plain_parameters(7168, 48, 50432, 0, false), 29957200896);
  // NumParams of llm-foundry's benchmarks at 2,048 tokens: learned positions, biases.
  EXPECT_EQ(shipped_parameters("MPT-13B"), 12853954560);
  EXPECT_EQ(plain_parameters(5120, 40, 50368, 2048, true), 12853954560);
  EXPECT_EQ(shipped_parameters("Megatron-GPT-22B"), plain_parameters(6144, 48, 51200, 2048, true));
  EXPECT_EQ(shipped_parameters("Megatron-GPT-175B"),
            plain_parameters(12288, 96, 51200, 2048, true));
  EXPECT_EQ(shipped_parameters("Megatron-GPT-530B"),
            plain_parameters(20480, 105, 51200, 2048, true));
  EXPECT_EQ(shipped_parameters("Megatron-GPT-1T"), plain_parameters(25600, 128, 51200, 2048, true));
}

Result<Model> decode_text(const std::string& text) {
  const Result<json::Value> value = json::parse(text, "model.json");
  if (!value) return tl::unexpected(value.error());
  return decode_model(*value, {}, "tiny");
}

constexpr const char* kGpt2 =
    R"({"model_type": "gpt2", "n_embd": 64, "n_layer": 4, "n_head": 4, "n_positions": 32,
        "vocab_size": 100)";
constexpr const char* kMpt =
    R"({"model_type": "mpt", "d_model": 64, "n_layers": 4, "n_heads": 4, "max_seq_len": 32,
        "vocab_size": 100)";

TEST(DecodeModel, PlainFamilies) {
  const Result<Model> gpt2 = decode_text(std::string(kGpt2) + R"(, "n_inner": 128})");
  ASSERT_TRUE(gpt2) << gpt2.error().what;
  const Tower& tower = gpt2->towers.front();
  EXPECT_EQ(std::get<PlainFeedForward>(tower.kinds.front().feed_forward),
            (PlainFeedForward{128, true}));
  EXPECT_EQ(tower.norm, NormKind::kLayer);
  EXPECT_EQ(gpt2->learned_positions, 32);
  EXPECT_TRUE(gpt2->tied_embeddings);
  EXPECT_FALSE(std::get<FullAttention>(tower.kinds.front().attention).rotary);

  const Result<Model> mpt =
      decode_text(std::string(kMpt) +
                  R"(, "no_bias": true, "expansion_ratio": 2, "attn_config": {"alibi": true}})");
  ASSERT_TRUE(mpt) << mpt.error().what;
  EXPECT_EQ(std::get<PlainFeedForward>(mpt->towers.front().kinds.front().feed_forward),
            (PlainFeedForward{128, false}));
  EXPECT_EQ(mpt->towers.front().norm, NormKind::kLayerWithoutBias);
  EXPECT_EQ(mpt->learned_positions, 0);  // ALiBi
  EXPECT_EQ(decode_text(std::string(kMpt) + "}")->learned_positions, 32);
}

// NumParams of mosaicml/llm-foundry scripts/train/benchmarking/README.md, with the dimensions of
// scripts/train/yamls/pretrain: what tests/published/cases/mpt-*.json set on MPT-13B.
TEST(DecodeModel, MptAsBenchmarkedHasThePagesParameters) {
  struct Row {
    std::int64_t width, layers, heads, tokens, parameters;
  };
  for (const Row& row :
       {Row{768, 12, 12, 65536, 174070272}, Row{1024, 24, 16, 32768, 387442688},
        Row{1536, 24, 12, 2048, 760470528}, Row{2048, 24, 16, 512, 1312804864},
        Row{2560, 32, 20, 65536, 2814366720}, Row{4096, 32, 32, 8192, 6684024832},
        Row{5120, 40, 40, 32768, 13011240960}, Row{7168, 48, 56, 1024, 29967874048},
        Row{8192, 80, 64, 2048, 64862437376}}) {
    const Result<Model> model = decode_text(fmt::format(
        R"({{"model_type": "mpt", "d_model": {}, "n_layers": {}, "n_heads": {}, "max_seq_len": {},
            "vocab_size": 50368}})",
        row.width, row.layers, row.heads, row.tokens));
    ASSERT_TRUE(model) << model.error().what;
    EXPECT_EQ(parameter_count(*model), row.parameters) << row.width;
  }
}

TEST(DecodeModel, PlainFamiliesRefuseWhatIsNotTheirs) {
  const auto what = [](const std::string& text) {
    const Result<Model> model = decode_text(text);
    return model ? "accepted" : model.error().what;
  };
  EXPECT_EQ(what(std::string(kGpt2) + R"(, "hidden_size": 64})"), "gpt2 has no 'hidden_size'");
  EXPECT_EQ(what(std::string(kGpt2) + R"(, "d_model": 64})"), "gpt2 has no 'd_model'");
  EXPECT_EQ(what(std::string(kMpt) + R"(, "n_inner": 64})"), "mpt has no 'n_inner'");
  EXPECT_EQ(what(R"({"model_type": "gpt2", "n_embd": 64, "n_layer": 4, "n_head": 4,
                     "vocab_size": 100})"),
            "'n_positions' is missing");
  EXPECT_EQ(what(R"({"model_type": "llama", "num_hidden_layers": 4, "num_attention_heads": 4,
                     "vocab_size": 100, "intermediate_size": 8})"),
            "'hidden_size' is missing");
  EXPECT_EQ(what(std::string(kGpt2) + R"(, "activation_function": "relu"})"),
            "'relu' is not modelled");
  EXPECT_EQ(what(std::string(kMpt) + R"(, "attn_config": {"qk_ln": true}})"),
            "LayerNorm of queries and keys is not modelled");
  EXPECT_EQ(what(std::string(kMpt) + R"(, "attn_config": {"attn_type": "multiquery_attention"}})"),
            "attention with shared keys and values is not modelled");
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
