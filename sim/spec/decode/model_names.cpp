#include "sim/spec/decode/model_names.hpp"

#include <fmt/format.h>

#include <array>
#include <span>

namespace seqspan::sim {
namespace {

constexpr std::array kOfGpt2 = {"n_embd",      "n_layer", "n_head",
                                "n_positions", "n_inner", "activation_function"};
constexpr std::array kOfMpt = {"d_model",     "n_layers", "n_heads",         "expansion_ratio",
                               "max_seq_len", "no_bias",  "learned_pos_emb", "attn_config"};
constexpr std::array kOfOthers = {
    "hidden_size", "num_hidden_layers", "num_attention_heads",     "num_key_value_heads",
    "head_dim",    "intermediate_size", "max_position_embeddings", "hidden_act"};

// Of what every model must have.
struct SizeNames {
  const char* hidden_size;
  const char* layers;
  const char* heads;
  const char* positions;
};

SizeNames size_names(const ModelReading& reading) {
  if (reading.is(ModelFamily::kGpt2)) return {"n_embd", "n_layer", "n_head", "n_positions"};
  if (reading.is(ModelFamily::kMpt)) return {"d_model", "n_layers", "n_heads", "max_seq_len"};
  return {"hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings"};
}

Result<void> check_foreign(const ModelReading& reading, std::span<const char* const> keys,
                           const char* owner) {
  for (const char* key : keys) {
    if (!reading.has(key)) continue;
    return reading.refuse(key, fmt::format("{} has no '{}'", name_of(reading.config().family), key),
                          fmt::format("it is a key of {}", owner),
                          "correct model_type, or the key");
  }
  return {};
}

}  // namespace

Result<void> check_names(const ModelReading& reading) {
  const bool gpt2 = reading.is(ModelFamily::kGpt2);
  const bool mpt = reading.is(ModelFamily::kMpt);
  if (!gpt2) {
    if (Result<void> ok = check_foreign(reading, kOfGpt2, "gpt2"); !ok) return ok;
  }
  if (!mpt) {
    if (Result<void> ok = check_foreign(reading, kOfMpt, "mpt"); !ok) return ok;
  }
  if (gpt2 || mpt) {
    if (Result<void> ok = check_foreign(reading, kOfOthers, "the other families"); !ok) return ok;
  }
  const ModelConfig& config = reading.config();
  const SizeNames names = size_names(reading);
  const bool without_table =
      !reading.is_plain() || (mpt && (config.alibi || !config.learned_positions));
  return reading.check_given({{names.hidden_size, config.hidden_size > 0},
                              {names.layers, config.layers > 0},
                              {names.heads, config.heads > 0},
                              {names.positions, config.max_positions > 0 || without_table}},
                             "must have it");
}

}  // namespace seqspan::sim
