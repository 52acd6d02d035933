#include "sim/spec/decode/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/errors/quote.hpp"
#include "sim/spec/decode/model_config.hpp"

namespace seqspan::sim {
namespace {

using json::Value;

// One config.json on its way to a Model: the keys, and where they stand.
class Reading {
 public:
  Reading(const ModelConfig& config, const Value& value, const std::string& path)
      : config_(config), value_(value), path_(path) {}

  [[nodiscard]] Result<Model> model(std::string name) const {
    for (const auto check : {&Reading::check_names, &Reading::check_kind, &Reading::check_heads,
                             &Reading::check_window, &Reading::check_latent,
                             &Reading::check_experts, &Reading::check_dense}) {
      if (Result<void> ok = (this->*check)(); !ok) return tl::unexpected(ok.error());
    }
    Model model;
    model.name = std::move(name);
    model.family = name_of(config_.family);
    model.vocabulary = config_.vocabulary;
    model.max_positions = config_.max_positions;
    model.tied_embeddings = config_.tied_embeddings.value_or(is_plain());
    const bool learned = is(ModelFamily::kGpt2) ||
                         (is(ModelFamily::kMpt) && config_.learned_positions && !config_.alibi);
    model.learned_positions = learned ? config_.max_positions : 0;
    model.prediction_layers = config_.prediction_layers;
    model.towers.push_back(tower());
    return model;
  }

 private:
  [[nodiscard]] bool is(ModelFamily family) const { return config_.family == family; }

  [[nodiscard]] bool is_latent() const {
    return is(ModelFamily::kDeepSeekV2) || is(ModelFamily::kDeepSeekV3);
  }

  // Plain feed-forwards, LayerNorm, no RoPE.
  [[nodiscard]] bool is_plain() const { return is(ModelFamily::kGpt2) || is(ModelFamily::kMpt); }

  [[nodiscard]] bool biased() const { return is(ModelFamily::kGpt2) || !config_.no_bias; }

  [[nodiscard]] bool has_experts() const {
    // Without n_routed_experts all layers of a deepseek model are dense.
    return is(ModelFamily::kQwen3Moe) || is(ModelFamily::kMixtral) ||
           (is_latent() && config_.experts);
  }

  [[nodiscard]] tl::unexpected<Error> refuse(const std::string& key, std::string what,
                                             std::string why, std::string fix) const {
    return json::error_at(value_, path_, key, std::move(what), std::move(why), std::move(fix));
  }

  [[nodiscard]] Result<void> check_kind() const {
    const auto& names = config_.architectures;
    const auto causal = [](const std::string& name) {
      return name.ends_with("ForCausalLM") || name == "GPT2LMHeadModel";
    };
    if (!names.empty() && std::none_of(names.begin(), names.end(), causal)) {
      return refuse("architectures", quote(names.front()) + " is not a causal language model",
                    "only models with a language model head are trained here",
                    "use the ...ForCausalLM variant of the model");
    }
    if (is(ModelFamily::kGpt2)) {
      const std::string activation = config_.activation.value_or("gelu_new");
      if (!activation.starts_with("gelu")) {
        return refuse("activation_function", quote(activation) + " is not modelled",
                      "feed-forwards of gpt2 have a GELU", "use a model with one");
      }
    } else if (config_.activation.value_or("silu") != "silu") {
      return refuse("hidden_act", quote(*config_.activation) + " is not modelled",
                    "feed-forwards are gated with silu (SwiGLU)", "use a model with silu");
    }
    return {};
  }

  [[nodiscard]] std::int64_t kv_heads() const { return config_.kv_heads.value_or(config_.heads); }

  [[nodiscard]] Result<void> check_heads() const {
    if (config_.heads % kv_heads() != 0) {
      return refuse(
          "num_key_value_heads",
          fmt::format("{} query heads cannot share {} KV heads evenly", config_.heads, kv_heads()),
          "num_key_value_heads must divide num_attention_heads", "correct one of them");
    }
    if (!is_latent() && !config_.head_dim && config_.hidden_size % config_.heads != 0) {
      return refuse("hidden_size",
                    fmt::format("hidden_size {} is not a multiple of num_attention_heads {}",
                                config_.hidden_size, config_.heads),
                    "without head_dim, a head is hidden_size / num_attention_heads wide",
                    "correct one of them, or give head_dim");
    }
    return {};
  }

  // Qwen reads the window from max_window_layers on, if told to; Mixtral whenever there is one.
  [[nodiscard]] bool uses_window() const {
    const bool told = config_.use_sliding_window.value_or(is(ModelFamily::kMixtral));
    const std::int64_t first =
        is(ModelFamily::kMixtral) ? 0 : config_.max_window_layers.value_or(0);
    return told && config_.sliding_window.has_value() && first < config_.layers;
  }

  [[nodiscard]] Result<void> check_window() const {
    const std::string fix = "use a model with full attention in every layer";
    if (uses_window()) {
      return refuse("sliding_window", "sliding window attention is not modelled",
                    "its cost would be overstated", fix);
    }
    const auto other = [](const std::string& type) { return type != "full_attention"; };
    const auto& types = config_.layer_types;
    const auto found = std::find_if(types.begin(), types.end(), other);
    if (found != types.end()) {
      return refuse("layer_types", quote(*found) + " layers are not modelled",
                    "only full_attention is", fix);
    }
    return {};
  }

  // The first of `needed` that is not given.
  struct Needed {
    const char* key;
    bool given;
  };
  [[nodiscard]] Result<void> check_given(std::initializer_list<Needed> needed,
                                         const char* because) const {
    for (const auto& [key, given] : needed) {
      if (given) continue;
      return refuse(key, fmt::format("'{}' is missing", key),
                    fmt::format("{} {}", name_of(config_.family), because),
                    "take it from the config.json of the model");
    }
    return {};
  }

  // Families name the same things differently; a name of another family is refused rather than
  // ignored, since it would leave the right one at its default.
  [[nodiscard]] Result<void> check_names() const {
    const bool gpt2 = is(ModelFamily::kGpt2);
    const bool mpt = is(ModelFamily::kMpt);
    const auto check = [this](std::initializer_list<const char*> keys, bool own,
                              const char* owner) -> Result<void> {
      for (const char* key : keys) {
        if (own || value_.find(key) == nullptr) continue;
        return refuse(key, fmt::format("{} has no '{}'", name_of(config_.family), key),
                      fmt::format("it is a key of {}", owner), "correct model_type, or the key");
      }
      return {};
    };
    if (Result<void> ok =
            check({"n_embd", "n_layer", "n_head", "n_positions", "n_inner", "activation_function"},
                  gpt2, "gpt2");
        !ok) {
      return ok;
    }
    if (Result<void> ok = check({"d_model", "n_layers", "n_heads", "expansion_ratio", "max_seq_len",
                                 "no_bias", "learned_pos_emb", "attn_config"},
                                mpt, "mpt");
        !ok) {
      return ok;
    }
    if (Result<void> ok =
            check({"hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
                   "head_dim", "intermediate_size", "max_position_embeddings", "hidden_act"},
                  !gpt2 && !mpt, "the other families");
        !ok) {
      return ok;
    }
    const bool positions = config_.max_positions > 0 || !is_plain() ||
                           (mpt && (config_.alibi || !config_.learned_positions));
    if (Result<void> ok = check_given({{gpt2  ? "n_embd"
                                        : mpt ? "d_model"
                                              : "hidden_size",
                                        config_.hidden_size > 0},
                                       {gpt2  ? "n_layer"
                                        : mpt ? "n_layers"
                                              : "num_hidden_layers",
                                        config_.layers > 0},
                                       {gpt2  ? "n_head"
                                        : mpt ? "n_heads"
                                              : "num_attention_heads",
                                        config_.heads > 0},
                                       {gpt2 ? "n_positions" : "max_seq_len", positions}},
                                      "must have it");
        !ok) {
      return ok;
    }
    if (mpt && config_.expansion_ratio * config_.hidden_size > kWidestFeedForward) {
      return refuse("expansion_ratio",
                    fmt::format("a feed-forward of {} x {} is too wide", config_.expansion_ratio,
                                config_.hidden_size),
                    fmt::format("it is at most {} wide", kWidestFeedForward), "correct it");
    }
    if (gpt2 && intermediate() > kWidestFeedForward) {
      return refuse("n_embd",
                    fmt::format("a feed-forward of 4 x {} is too wide", config_.hidden_size),
                    fmt::format("it is at most {} wide", kWidestFeedForward), "correct it");
    }
    return {};
  }

  // f of a plain feed-forward.
  [[nodiscard]] std::int64_t intermediate() const {
    if (is(ModelFamily::kMpt)) return config_.expansion_ratio * config_.hidden_size;
    return config_.intermediate_size.value_or(4 * config_.hidden_size);
  }

  [[nodiscard]] Result<void> check_latent() const {
    if (!is_latent()) {
      if (!config_.kv_rank) return {};
      return refuse("kv_lora_rank",
                    fmt::format("{} has no latent attention", name_of(config_.family)),
                    "only deepseek_v2 and deepseek_v3 have keys and values of low rank",
                    "correct model_type, or remove the key");
    }
    if (Result<void> ok = check_given({{"kv_lora_rank", config_.kv_rank.has_value()},
                                       {"qk_nope_head_dim", config_.plain_dim.has_value()},
                                       {"qk_rope_head_dim", config_.rotary_dim.has_value()},
                                       {"v_head_dim", config_.value_dim.has_value()},
                                       // null says that queries are projected in one step.
                                       {"q_lora_rank", value_.find("q_lora_rank") != nullptr}},
                                      "has latent attention");
        !ok) {
      return ok;
    }
    if (kv_heads() != config_.heads) {
      return refuse("num_key_value_heads",
                    fmt::format("{} KV heads for {} query heads", kv_heads(), config_.heads),
                    "latent attention projects as many keys and values up as queries",
                    "set it to num_attention_heads, or remove it");
    }
    if (*config_.rotary_dim % 2 != 0) {
      return refuse("qk_rope_head_dim", fmt::format("{} is odd", *config_.rotary_dim),
                    "RoPE turns pairs of numbers", "correct it");
    }
    return {};
  }

  [[nodiscard]] std::optional<std::int64_t> expert_intermediate() const {
    return is(ModelFamily::kMixtral) ? config_.intermediate_size : config_.expert_intermediate;
  }

  // The key under which the file has its experts.
  [[nodiscard]] const char* experts_key() const {
    for (const char* key : {"num_experts", "num_local_experts"}) {
      if (value_.find(key) != nullptr) return key;
    }
    return "n_routed_experts";
  }

  [[nodiscard]] std::int64_t shared_intermediate() const {
    return config_.shared_experts * config_.expert_intermediate.value_or(0);
  }

  [[nodiscard]] Result<void> check_shared_experts() const {
    if (config_.shared_experts == 0) return {};
    if (!is_latent()) {
      return refuse(
          "n_shared_experts", fmt::format("{} has no shared experts", name_of(config_.family)),
          "only deepseek_v2 and deepseek_v3 have them", "correct model_type, or remove the key");
    }
    if (shared_intermediate() > kWidestFeedForward) {
      return refuse("n_shared_experts",
                    fmt::format("{} shared experts are {} wide together", config_.shared_experts,
                                shared_intermediate()),
                    fmt::format("a feed-forward is at most {} wide", kWidestFeedForward),
                    "correct it or moe_intermediate_size");
    }
    return {};
  }

  [[nodiscard]] Result<void> check_experts() const {
    if (Result<void> ok = check_shared_experts(); !ok) return ok;
    if (!has_experts()) {
      if (!config_.experts) return {};
      return refuse(experts_key(), fmt::format("{} has no experts", name_of(config_.family)),
                    "only qwen3_moe, mixtral and deepseek are mixtures of experts",
                    "correct model_type, or remove the key");
    }
    const bool mixtral = is(ModelFamily::kMixtral);
    if (Result<void> ok = check_given(
            {{mixtral ? "num_local_experts" : "num_experts", config_.experts.has_value()},
             {"num_experts_per_tok", config_.experts_per_token.has_value()},
             {mixtral ? "intermediate_size" : "moe_intermediate_size",
              expert_intermediate().has_value()}},
            "is a mixture of experts");
        !ok) {
      return ok;
    }
    if (*config_.experts_per_token > *config_.experts) {
      return refuse("num_experts_per_tok",
                    fmt::format("a token cannot go to {} of {} experts", *config_.experts_per_token,
                                *config_.experts),
                    "num_experts_per_tok is at most the number of experts", "correct one of them");
    }
    for (const std::int64_t layer : config_.dense_layers) {
      if (layer >= config_.layers) {
        return refuse("mlp_only_layers", fmt::format("there is no layer {}", layer),
                      fmt::format("layers count from 0 to {}", config_.layers - 1),
                      "remove it from the list");
      }
    }
    return {};
  }

  [[nodiscard]] bool is_dense(std::int64_t layer) const {
    if (is(ModelFamily::kMixtral)) return false;
    if (!has_experts()) return true;
    if (is_latent()) {
      return layer < config_.first_dense_layers || layer % config_.expert_layer_step != 0;
    }
    if ((layer + 1) % config_.sparse_step != 0) return true;
    const auto& dense = config_.dense_layers;
    return std::find(dense.begin(), dense.end(), layer) != dense.end();
  }

  [[nodiscard]] Result<void> check_dense() const {
    if (is_plain()) return {};
    for (std::int64_t layer = 0; layer < config_.layers; ++layer) {
      if (is_dense(layer) && !config_.intermediate_size) {
        return refuse("intermediate_size", "'intermediate_size' is missing",
                      fmt::format("layer {} has a dense feed-forward", layer),
                      "take it from the config.json of the model");
      }
    }
    return {};
  }

  [[nodiscard]] Attention attention() const {
    if (is_latent()) {
      return LatentAttention{config_.heads,         config_.query_rank.value_or(0),
                             *config_.kv_rank,      *config_.plain_dim,
                             *config_.rotary_dim,   *config_.value_dim,
                             config_.attention_bias};
    }
    return full_attention();
  }

  [[nodiscard]] FullAttention full_attention() const {
    FullAttention attention;
    attention.query_heads = config_.heads;
    attention.kv_heads = kv_heads();
    attention.head_dim = config_.head_dim.value_or(config_.hidden_size / config_.heads);
    if (is_plain()) {
      attention.qkv_bias = attention.output_bias = biased();
      attention.rotary = false;
      return attention;
    }
    const bool biased = config_.attention_bias && !is(ModelFamily::kMixtral);
    attention.qkv_bias = is(ModelFamily::kQwen2) || biased;
    attention.output_bias = !is(ModelFamily::kQwen2) && biased;
    attention.qk_norm = is(ModelFamily::kQwen3) || is(ModelFamily::kQwen3Moe);
    return attention;
  }

  [[nodiscard]] FeedForward feed_forward(std::int64_t layer) const {
    if (is_plain()) return PlainFeedForward{intermediate(), biased()};
    if (!is_dense(layer)) {
      return MixtureOfExperts{*config_.experts, *config_.experts_per_token, *expert_intermediate(),
                              shared_intermediate(),
                              // e_score_correction_bias
                              is(ModelFamily::kDeepSeekV3)};
    }
    return DenseFeedForward{*config_.intermediate_size,
                            is(ModelFamily::kLlama) && config_.mlp_bias};
  }

  [[nodiscard]] Tower tower() const {
    Tower tower;
    tower.name = "text";
    tower.hidden = config_.hidden_size;
    if (is_plain()) tower.norm = biased() ? NormKind::kLayer : NormKind::kLayerWithoutBias;
    for (std::int64_t layer = 0; layer < config_.layers; ++layer) {
      const LayerKind kind{attention(), feed_forward(layer)};
      const auto found = std::find(tower.kinds.begin(), tower.kinds.end(), kind);
      const auto index = static_cast<std::size_t>(found - tower.kinds.begin());
      if (found == tower.kinds.end()) tower.kinds.push_back(kind);
      if (tower.runs.empty() || tower.runs.back().kind != index) {
        tower.runs.push_back(LayerRun{index, 0});
      }
      ++tower.runs.back().count;
    }
    return tower;
  }

  const ModelConfig& config_;
  const Value& value_;
  const std::string& path_;
};

}  // namespace

Result<Model> decode_model(const json::Value& value, const std::string& path,
                           const std::string& fallback_name) {
  ModelConfig config;
  if (Result<void> ok = model_config_table().decode(config, value, path); !ok) {
    return tl::unexpected(ok.error());
  }
  const std::string name = config.name.empty() ? fallback_name : config.name;
  return Reading(config, value, path).model(name);
}

const json::ObjectFacts& model_facts() { return model_config_table().facts(); }

}  // namespace seqspan::sim
