#include "sim/spec/decode/model.hpp"

#include <algorithm>
#include <string>

#include "sim/errors/quote.hpp"
#include "sim/spec/decode/model_attention.hpp"
#include "sim/spec/decode/model_config.hpp"
#include "sim/spec/decode/model_feed_forward.hpp"
#include "sim/spec/decode/model_names.hpp"
#include "sim/spec/decode/model_reading.hpp"

namespace seqspan::sim {
namespace {

Result<void> check_kind(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  const auto& names = config.architectures;
  const auto causal = [](const std::string& name) {
    return name.ends_with("ForCausalLM") || name == "GPT2LMHeadModel";
  };
  if (!names.empty() && std::none_of(names.begin(), names.end(), causal)) {
    return reading.refuse("architectures", quote(names.front()) + " is not a causal language model",
                          "only models with a language model head are trained here",
                          "use the ...ForCausalLM variant of the model");
  }
  if (reading.is(ModelFamily::kGpt2)) {
    const std::string activation = config.activation.value_or("gelu_new");
    if (!activation.starts_with("gelu")) {
      return reading.refuse("activation_function", quote(activation) + " is not modelled",
                            "feed-forwards of gpt2 have a GELU", "use a model with one");
    }
  } else if (config.activation.value_or("silu") != "silu") {
    return reading.refuse("hidden_act", quote(*config.activation) + " is not modelled",
                          "feed-forwards are gated with silu (SwiGLU)", "use a model with silu");
  }
  return {};
}

Tower tower_of(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  Tower tower;
  tower.name = "text";
  tower.hidden = config.hidden_size;
  if (reading.is_plain()) {
    tower.norm = reading.is_biased() ? NormKind::kLayer : NormKind::kLayerWithoutBias;
  }
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const LayerKind kind{attention_of(reading), feed_forward_of(reading, layer)};
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

// Rows of the table of learned positions.
std::int64_t learned_positions(const ModelReading& reading) {
  const ModelConfig& config = reading.config();
  const bool learned = reading.is(ModelFamily::kGpt2) ||
                       (reading.is(ModelFamily::kMpt) && config.learned_positions && !config.alibi);
  return learned ? config.max_positions : 0;
}

}  // namespace

Result<Model> decode_model(const json::Value& value, const std::string& path,
                           const std::string& fallback_name) {
  ModelConfig config;
  if (Result<void> ok = model_config_table().decode(config, value, path); !ok) {
    return tl::unexpected(ok.error());
  }
  const ModelReading reading(config, value, path);
  for (const auto check :
       {check_names, check_plain_width, check_kind, check_attention, check_feed_forward}) {
    if (Result<void> ok = check(reading); !ok) return tl::unexpected(ok.error());
  }
  Model model;
  model.name = config.name.empty() ? fallback_name : config.name;
  model.family = name_of(config.family);
  model.vocabulary = config.vocabulary;
  model.max_positions = config.max_positions;
  model.tied_embeddings = config.tied_embeddings.value_or(reading.is_plain());
  model.learned_positions = learned_positions(reading);
  model.prediction_layers = config.prediction_layers;
  model.towers.push_back(tower_of(reading));
  return model;
}

const json::ObjectFacts& model_facts() { return model_config_table().facts(); }

}  // namespace seqspan::sim
