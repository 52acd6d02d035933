#include "sim/spec/decode/model_attention.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/errors/quote.hpp"

namespace seqspan::sim {
namespace {

std::int64_t kv_heads(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  return config.kv_heads.value_or(config.heads);
}

Result<void> check_heads(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  if (config.heads % kv_heads(reading) != 0) {
    return reading.refuse("num_key_value_heads",
                          fmt::format("{} query heads cannot share {} KV heads evenly",
                                      config.heads, kv_heads(reading)),
                          "num_key_value_heads must divide num_attention_heads",
                          "correct one of them");
  }
  if (!reading.is_latent() && !config.head_dim && config.hidden_size % config.heads != 0) {
    return reading.refuse("hidden_size",
                          fmt::format("hidden_size {} is not a multiple of num_attention_heads {}",
                                      config.hidden_size, config.heads),
                          "without head_dim, a head is hidden_size / num_attention_heads wide",
                          "correct one of them, or give head_dim");
  }
  return {};
}

// Qwen reads the window from max_window_layers on, if told to; Mixtral whenever there is one.
bool uses_window(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  const bool told = config.use_sliding_window.value_or(reading.is(ModelFamily::kMixtral));
  const std::int64_t first =
      reading.is(ModelFamily::kMixtral) ? 0 : config.max_window_layers.value_or(0);
  return told && config.sliding_window.has_value() && first < config.layers;
}

Result<void> check_window(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  const std::string fix = "use a model with full attention in every layer";
  if (uses_window(reading)) {
    return reading.refuse("sliding_window", "sliding window attention is not modelled",
                          "its cost would be overstated", fix);
  }
  const auto other = [](const std::string& type) { return type != "full_attention"; };
  const auto& types = config.layer_types;
  const auto found = std::find_if(types.begin(), types.end(), other);
  if (found != types.end()) {
    return reading.refuse("layer_types", quote(*found) + " layers are not modelled",
                          "only full_attention is", fix);
  }
  return {};
}

Result<void> check_latent(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  if (!reading.is_latent()) {
    if (!config.kv_rank) return {};
    return reading.refuse("kv_lora_rank",
                          fmt::format("{} has no latent attention", name_of(config.family)),
                          "only deepseek_v2 and deepseek_v3 have keys and values of low rank",
                          "correct model_type, or remove the key");
  }
  if (Result<void> ok = reading.check_given({{"kv_lora_rank", config.kv_rank.has_value()},
                                             {"qk_nope_head_dim", config.plain_dim.has_value()},
                                             {"qk_rope_head_dim", config.rotary_dim.has_value()},
                                             {"v_head_dim", config.value_dim.has_value()},
                                             // null says that queries are projected in one step.
                                             {"q_lora_rank", reading.has("q_lora_rank")}},
                                            "has latent attention");
      !ok) {
    return ok;
  }
  if (kv_heads(reading) != config.heads) {
    return reading.refuse(
        "num_key_value_heads",
        fmt::format("{} KV heads for {} query heads", kv_heads(reading), config.heads),
        "latent attention projects as many keys and values up as queries",
        "set it to num_attention_heads, or remove it");
  }
  if (*config.rotary_dim % 2 != 0) {
    return reading.refuse("qk_rope_head_dim", fmt::format("{} is odd", *config.rotary_dim),
                          "RoPE turns pairs of numbers", "correct it");
  }
  return {};
}

FullAttention full_attention(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  FullAttention attention;
  attention.query_heads = config.heads;
  attention.kv_heads = kv_heads(reading);
  attention.head_dim = config.head_dim.value_or(config.hidden_size / config.heads);
  if (reading.is_plain()) {
    attention.qkv_bias = attention.output_bias = reading.is_biased();
    attention.rotary = false;
    return attention;
  }
  const bool biased = config.attention_bias && !reading.is(ModelFamily::kMixtral);
  attention.qkv_bias = reading.is(ModelFamily::kQwen2) || biased;
  attention.output_bias = !reading.is(ModelFamily::kQwen2) && biased;
  attention.qk_norm = reading.is(ModelFamily::kQwen3) || reading.is(ModelFamily::kQwen3Moe);
  return attention;
}

}  // namespace

Result<void> check_attention(const ModelReading& reading) {
  for (const auto check : {check_heads, check_window, check_latent}) {
    if (Result<void> ok = check(reading); !ok) return ok;
  }
  return {};
}

Attention attention_of(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  if (reading.is_latent()) {
    return LatentAttention{config.heads,         config.query_rank.value_or(0),
                           *config.kv_rank,      *config.plain_dim,
                           *config.rotary_dim,   *config.value_dim,
                           config.attention_bias};
  }
  return full_attention(reading);
}

}  // namespace seqspan::sim
