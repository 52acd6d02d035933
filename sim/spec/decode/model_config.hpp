// The keys of a Hugging Face config.json that seqspan reads, as they stand in the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/spec/json/field_table.hpp"

namespace seqspan::sim {

// Values of `model_type` that are modelled.
enum class ModelFamily : std::uint8_t {
  kLlama,
  kQwen2,
  kQwen3,
  kQwen3Moe,
  kMixtral,
  kDeepSeekV2,
  kDeepSeekV3,
  kGpt2,
  kMpt,
};

constexpr const char* name_of(ModelFamily family) {
  switch (family) {
    case ModelFamily::kLlama:
      return "llama";
    case ModelFamily::kQwen2:
      return "qwen2";
    case ModelFamily::kQwen3:
      return "qwen3";
    case ModelFamily::kQwen3Moe:
      return "qwen3_moe";
    case ModelFamily::kMixtral:
      return "mixtral";
    case ModelFamily::kDeepSeekV2:
      return "deepseek_v2";
    case ModelFamily::kDeepSeekV3:
      return "deepseek_v3";
    case ModelFamily::kGpt2:
      return "gpt2";
    case ModelFamily::kMpt:
      return "mpt";
  }
  return "";
}

// The widest feed-forward that is accepted, shared experts together.
inline constexpr std::int64_t kWidestFeedForward = 1 << 20;

struct ModelConfig {
  std::string name;  // seqspan.name
  ModelFamily family = ModelFamily::kLlama;
  std::vector<std::string> architectures;
  std::int64_t hidden_size = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::optional<std::int64_t> kv_heads;
  std::optional<std::int64_t> head_dim;
  std::optional<std::int64_t> intermediate_size;
  std::int64_t vocabulary = 0;
  std::int64_t max_positions = 0;
  std::optional<bool> tied_embeddings;
  bool attention_bias = false;
  bool mlp_bias = false;
  std::optional<std::string> activation;
  std::optional<std::int64_t> sliding_window;
  std::optional<bool> use_sliding_window;
  std::optional<std::int64_t> max_window_layers;
  std::vector<std::string> layer_types;
  std::optional<std::int64_t> experts;
  std::optional<std::int64_t> experts_per_token;
  std::optional<std::int64_t> expert_intermediate;
  std::int64_t sparse_step = 1;
  std::vector<std::int64_t> dense_layers;  // mlp_only_layers
  // DeepSeek.
  std::optional<std::int64_t> query_rank;
  std::optional<std::int64_t> kv_rank;
  std::optional<std::int64_t> plain_dim;
  std::optional<std::int64_t> rotary_dim;
  std::optional<std::int64_t> value_dim;
  std::int64_t shared_experts = 0;
  std::int64_t first_dense_layers = 0;  // first_k_dense_replace
  std::int64_t expert_layer_step = 1;   // moe_layer_freq
  std::int64_t prediction_layers = 0;
  // MPT.
  std::int64_t expansion_ratio = 4;
  bool no_bias = false;
  bool learned_positions = true;  // learned_pos_emb
  bool alibi = false;             // attn_config.alibi
};

[[nodiscard]] const json::FieldTable<ModelConfig>& model_config_table();

}  // namespace seqspan::sim
