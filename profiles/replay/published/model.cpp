#include "profiles/replay/published/model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "profiles/reference.hpp"
#include "profiles/replay/published/model_names.hpp"
#include "profiles/replay/published/words.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::profiles::published {
namespace {

using Dimensions = std::map<std::string, std::int64_t>;
using sim::Result;
using sim::json::Kind;
using sim::json::Value;

// A dimension by its published names (the first is ours) and by the names of config.json files.
struct Dimension {
  std::vector<const char*> published;
  std::vector<const char*> config;
};

const std::vector<Dimension>& dimensions() {
  static const std::vector<Dimension> kDimensions = {
      {{"hidden", "hidden_size", "d_model"}, {"hidden_size", "n_embd", "d_model"}},
      {{"ffn", "ffn_hidden_size", "intermediate_size"}, {"intermediate_size", "n_inner"}},
      {{"heads", "q_heads", "head_num", "num_attention_heads"},
       {"num_attention_heads", "n_head", "n_heads"}},
      {{"kv_heads", "kv_head_num", "num_key_value_heads"}, {"num_key_value_heads"}},
      {{"head_dim", "head_size"}, {"head_dim"}},
      {{"layers", "layer_num", "num_hidden_layers"}, {"num_hidden_layers", "n_layer", "n_layers"}},
      {{"vocab", "vocab_size"}, {"vocab_size"}},
      {{"moe_ffn", "moe_ffn_hidden_size", "moe_intermediate_size"}, {"moe_intermediate_size"}},
      {{"experts", "expert_num", "num_experts"},
       {"n_routed_experts", "num_experts", "num_local_experts"}},
      {{"topk", "experts_per_token"}, {"num_experts_per_tok"}},
      {{"dense_layers"}, {"first_k_dense_replace"}},
      {{"q_lora_rank"}, {"q_lora_rank"}},
      {{"kv_lora_rank"}, {"kv_lora_rank"}},
      {{"v_head_dim"}, {"v_head_dim"}},
      {{"qk_head_dim"}, {"qk_nope_head_dim"}},
      {{"qk_pos_emb_head_dim"}, {"qk_rope_head_dim"}},
      {{"moe_shared_ffn", "moe_shared_expert_intermediate_size"}, {}},  // read by hand
  };
  return kDimensions;
}

// By our names.
Dimensions by_our_names(const Dimensions& published) {
  Dimensions ours;
  for (const Dimension& dimension : dimensions()) {
    for (const char* name : dimension.published) {
      const auto found = published.find(name);
      if (found != published.end()) ours.emplace(dimension.published.front(), found->second);
    }
  }
  return ours;
}

std::int64_t get(const Dimensions& from, const char* name) {
  const auto found = from.find(name);
  return found == from.end() ? 0 : found->second;
}

struct Base {
  std::string shipped;
  Dimensions dimensions;
  std::vector<std::string> assumptions;
};

// The shipped model of the kind that the dimensions are of.
Result<Base> base_of_kind(const std::string& name, const Dimensions& given) {
  for (const char* needed : {"hidden", "heads", "layers"}) {
    if (get(given, needed) > 0) continue;
    return sim::input_error(fmt::format(
        "model {} is not shipped, and the file does not give its '{}'", sim::quote(name), needed));
  }
  Base base;
  base.dimensions = given;
  if (get(given, "kv_lora_rank") > 0) {
    base.shipped = "DeepSeek-V3";
  } else if (get(given, "experts") > 0) {
    base.shipped = get(given, "moe_ffn") > 0 ? "Qwen3-30B-A3B" : "Mixtral-8x7B";
  } else if (get(given, "kv_heads") > 0 ||
             (get(given, "ffn") > 0 && get(given, "ffn") != 4 * get(given, "hidden"))) {
    base.shipped = "Llama-3-8B";
  } else {
    base.shipped = "Megatron-GPT-22B";
    base.dimensions.emplace("ffn", 4 * get(given, "hidden"));
  }
  base.dimensions.emplace("kv_heads", get(given, "heads"));
  base.assumptions.push_back(
      fmt::format("{} is taken for a model like {} with the dimensions that the file gives",
                  sim::printable(name), base.shipped));
  return base;
}

Result<Base> base_of(const std::string& name, const Dimensions& given,
                     const std::filesystem::path& data_root) {
  if (name.empty() && get(given, "heads") > 0 && get(given, "hidden") == 0) {
    // Attention alone has no model: any will do whose heads are set.
    return Base{"Llama-3-8B", given, {}};
  }
  if (name.empty() && given.empty()) return sim::input_error("the file names no model");
  if (const KnownModel* known = find_known(plain(name)); known != nullptr) {
    Base base{known->shipped, given, {}};
    for (const auto& [key, value] : known->dimensions) base.dimensions.emplace(key, value);
    if (*known->assumption != '\0') base.assumptions.emplace_back(known->assumption);
    return base;
  }
  for (const std::string& shipped : shipped_names(ConfigKind::kModel, data_root)) {
    if (plain(shipped) == plain(name)) return Base{shipped, given, {}};
  }
  return base_of_kind(name.empty() ? "without a name" : name, given);
}

// The number of dense layers that a text gives the rows of a model: "DeepSeek-V3 rows have one
// dense layer".
std::int64_t dense_layers_of(const std::string& model,
                             const std::vector<std::pair<std::string, std::string>>& notes) {
  static constexpr const char* kNumbers[] = {"no", "one", "two", "three", "four"};
  for (const auto& [key, text] : notes) {
    const std::string small = lower(text);
    const std::string head = lower(model) + " rows have ";
    const std::size_t at = small.find(head);
    if (model.empty() || at == std::string::npos) continue;
    const std::string rest = small.substr(at + head.size());
    for (std::int64_t i = 1; i < 5; ++i) {
      const std::string tail = " dense layer";
      if (rest.starts_with(kNumbers[i] + tail) || rest.starts_with(std::to_string(i) + tail)) {
        return i;
      }
    }
  }
  return 0;
}

std::int64_t integer_at(const Value& config, const char* key) {
  const Value* value = config.find(key);
  return value != nullptr && value->kind == Kind::kInteger ? value->integer : 0;
}

// Of the first of the dimension's names that the file has.
struct ConfigKey {
  const char* name = nullptr;
  std::int64_t value = 0;
};
ConfigKey key_in(const Value& config, const Dimension& dimension) {
  for (const char* name : dimension.config) {
    if (config.find(name) != nullptr) return {name, integer_at(config, name)};
  }
  return {};
}

// Sets what differs from the shipped file.
Result<void> set_dimensions(const Base& base, const Value& config, ModelChoice& choice) {
  const auto set = [&](const char* key, std::int64_t value) {
    choice.settings.push_back(fmt::format("model.{}={}", key, value));
  };
  const std::int64_t heads = get(base.dimensions, "heads");
  for (const Dimension& dimension : dimensions()) {
    const char* const name = dimension.published.front();
    const std::int64_t value = get(base.dimensions, name);
    if (value == 0 || dimension.config.empty()) continue;
    const ConfigKey key = key_in(config, dimension);
    if (key.name != nullptr) {
      if (key.value != value) set(key.name, value);
      continue;
    }
    // Heads of as many key and value heads, or of an equal part of the hidden size, need no key.
    if (name == std::string("kv_heads") && (value == heads || heads == 0)) continue;
    if (name == std::string("head_dim")) {
      if (config.find("qk_nope_head_dim") != nullptr) continue;
      const std::int64_t hidden = integer_at(config, "hidden_size");
      const std::int64_t width = get(base.dimensions, "hidden");
      if (heads > 0 && value * heads != (width > 0 ? width : hidden)) set("head_dim", value);
      continue;
    }
    if (name == std::string("ffn") && value == 4 * get(base.dimensions, "hidden")) continue;
    return sim::input_error(
        fmt::format("models like {} have no dimension '{}'", base.shipped, name));
  }
  const std::int64_t shared = get(base.dimensions, "moe_shared_ffn");
  const std::int64_t each = get(base.dimensions, "moe_ffn");
  if (shared > 0 && each > 0 && config.find("n_shared_experts") != nullptr &&
      shared != each * integer_at(config, "n_shared_experts")) {
    if (shared % each != 0) {
      return sim::input_error(
          fmt::format("shared experts of {} are no whole number of experts of {}", shared, each));
    }
    set("n_shared_experts", shared / each);
  }
  return {};
}

}  // namespace

const std::vector<std::string>& dimension_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Dimension& dimension : dimensions()) {
      names.insert(names.end(), dimension.published.begin(), dimension.published.end());
    }
    return names;
  }();
  return kNames;
}

Result<ModelChoice> choose_model(const JobFacts& job, const Dimensions& as_run,
                                 const std::vector<std::pair<std::string, std::string>>& notes,
                                 const std::filesystem::path& data_root) {
  Dimensions given = by_our_names(job.dimensions);
  if (const std::int64_t dense = dense_layers_of(job.model, notes); dense > 0) {
    given.emplace("dense_layers", dense);
  }
  const Dimensions whole = by_our_names(as_run);
  given.insert(whole.begin(), whole.end());
  const Result<Base> base = base_of(job.model, given, data_root);
  if (!base) return tl::unexpected(base.error());
  const auto file = find_config(ConfigKind::kModel, base->shipped, {}, data_root, {});
  if (!file) return tl::unexpected(file.error());
  const auto config = load_document(*file);
  if (!config) return tl::unexpected(config.error());
  ModelChoice choice;
  choice.settings = {"model=" + base->shipped};
  choice.assumptions = base->assumptions;
  if (Result<void> ok = set_dimensions(*base, config->value, choice); !ok) {
    return tl::unexpected(ok.error());
  }
  // Learned positions are parameters.
  for (const char* positions : {"max_seq_len", "n_positions"}) {
    const std::int64_t shipped = integer_at(config->value, positions);
    if (shipped == 0 || !job.sequence_length || *job.sequence_length == shipped) continue;
    choice.settings.push_back(fmt::format("model.{}={}", positions, *job.sequence_length));
  }
  choice.kv_heads = get(base->dimensions, "kv_heads");
  if (choice.kv_heads == 0) choice.kv_heads = integer_at(config->value, "num_key_value_heads");
  // Without such a key, as many as there are queries.
  if (choice.kv_heads == 0) choice.kv_heads = get(base->dimensions, "heads");
  for (const char* key : {"n_head", "n_heads"}) {
    if (choice.kv_heads == 0) choice.kv_heads = integer_at(config->value, key);
  }
  return choice;
}

}  // namespace seqspan::profiles::published
