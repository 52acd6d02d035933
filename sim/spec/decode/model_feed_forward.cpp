#include "sim/spec/decode/model_feed_forward.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace seqspan::sim {
namespace {

// f of a plain feed-forward.
std::int64_t intermediate(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  if (reading.is(ModelFamily::kMpt)) return config.expansion_ratio * config.hidden_size;
  return config.intermediate_size.value_or(4 * config.hidden_size);
}

bool has_experts(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  // Without n_routed_experts all layers of a deepseek model are dense.
  return reading.is(ModelFamily::kQwen3Moe) || reading.is(ModelFamily::kMixtral) ||
         (reading.is_latent() && config.experts);
}

std::optional<std::int64_t> expert_intermediate(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  return reading.is(ModelFamily::kMixtral) ? config.intermediate_size : config.expert_intermediate;
}

// The key under which the file has its experts.
const char* experts_key(const ModelReading& reading) {
  for (const char* key : {"num_experts", "num_local_experts"}) {
    if (reading.has(key)) return key;
  }
  return "n_routed_experts";
}

std::int64_t shared_intermediate(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  return config.shared_experts * config.expert_intermediate.value_or(0);
}

Result<void> check_shared_experts(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  if (config.shared_experts == 0) return {};
  if (!reading.is_latent()) {
    return reading.refuse(
        "n_shared_experts", fmt::format("{} has no shared experts", name_of(config.family)),
        "only deepseek_v2 and deepseek_v3 have them", "correct model_type, or remove the key");
  }
  if (shared_intermediate(reading) > kWidestFeedForward) {
    return reading.refuse("n_shared_experts",
                          fmt::format("{} shared experts are {} wide together",
                                      config.shared_experts, shared_intermediate(reading)),
                          fmt::format("a feed-forward is at most {} wide", kWidestFeedForward),
                          "correct it or moe_intermediate_size");
  }
  return {};
}

Result<void> check_experts(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  if (Result<void> ok = check_shared_experts(reading); !ok) return ok;
  if (!has_experts(reading)) {
    if (!config.experts) return {};
    return reading.refuse(experts_key(reading),
                          fmt::format("{} has no experts", name_of(config.family)),
                          "only qwen3_moe, mixtral and deepseek are mixtures of experts",
                          "correct model_type, or remove the key");
  }
  const bool mixtral = reading.is(ModelFamily::kMixtral);
  if (Result<void> ok = reading.check_given(
          {{mixtral ? "num_local_experts" : "num_experts", config.experts.has_value()},
           {"num_experts_per_tok", config.experts_per_token.has_value()},
           {mixtral ? "intermediate_size" : "moe_intermediate_size",
            expert_intermediate(reading).has_value()}},
          "is a mixture of experts");
      !ok) {
    return ok;
  }
  if (*config.experts_per_token > *config.experts) {
    return reading.refuse("num_experts_per_tok",
                          fmt::format("a token cannot go to {} of {} experts",
                                      *config.experts_per_token, *config.experts),
                          "num_experts_per_tok is at most the number of experts",
                          "correct one of them");
  }
  for (const std::int64_t layer : config.dense_layers) {
    if (layer >= config.layers) {
      return reading.refuse("mlp_only_layers", fmt::format("there is no layer {}", layer),
                            fmt::format("layers count from 0 to {}", config.layers - 1),
                            "remove it from the list");
    }
  }
  return {};
}

bool is_dense(const ModelReading& reading, std::int64_t layer) {
  const ModelConfig& config = reading.config();
  if (reading.is(ModelFamily::kMixtral)) return false;
  if (!has_experts(reading)) return true;
  if (reading.is_latent()) {
    return layer < config.first_dense_layers || layer % config.expert_layer_step != 0;
  }
  if ((layer + 1) % config.sparse_step != 0) return true;
  const auto& dense = config.dense_layers;
  return std::find(dense.begin(), dense.end(), layer) != dense.end();
}

Result<void> check_dense(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  if (reading.is_plain()) return {};
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    if (is_dense(reading, layer) && !config.intermediate_size) {
      return reading.refuse("intermediate_size", "'intermediate_size' is missing",
                            fmt::format("layer {} has a dense feed-forward", layer),
                            "take it from the config.json of the model");
    }
  }
  return {};
}

}  // namespace

Result<void> check_plain_width(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  if (reading.is(ModelFamily::kMpt) &&
      config.expansion_ratio * config.hidden_size > kWidestFeedForward) {
    return reading.refuse("expansion_ratio",
                          fmt::format("a feed-forward of {} x {} is too wide",
                                      config.expansion_ratio, config.hidden_size),
                          fmt::format("it is at most {} wide", kWidestFeedForward), "correct it");
  }
  if (reading.is(ModelFamily::kGpt2) && intermediate(reading) > kWidestFeedForward) {
    return reading.refuse("n_embd",
                          fmt::format("a feed-forward of 4 x {} is too wide", config.hidden_size),
                          fmt::format("it is at most {} wide", kWidestFeedForward), "correct it");
  }
  return {};
}

Result<void> check_feed_forward(const ModelReading& reading) {
  if (Result<void> ok = check_experts(reading); !ok) return ok;
  return check_dense(reading);
}

FeedForward feed_forward_of(const ModelReading& reading, std::int64_t layer) {
  const ModelConfig& config = reading.config();
  if (reading.is_plain()) return PlainFeedForward{intermediate(reading), reading.is_biased()};
  if (!is_dense(reading, layer)) {
    return MixtureOfExperts{*config.experts, *config.experts_per_token,
                            *expert_intermediate(reading), shared_intermediate(reading),
                            // e_score_correction_bias
                            reading.is(ModelFamily::kDeepSeekV3)};
  }
  return DenseFeedForward{*config.intermediate_size,
                          reading.is(ModelFamily::kLlama) && config.mlp_bias};
}

}  // namespace seqspan::sim
