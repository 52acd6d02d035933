#include "sim/spec/decode/model_config.hpp"

#include <fmt/format.h>

namespace seqspan::sim {
namespace {

using json::FieldTable;
using json::integer;
using json::Value;

// Bounds that keep the parameter count of any accepted model inside 64 bits:
// layers x experts x 3 x hidden x intermediate < 2^12 x 2^10 x 2^2 x 2^17 x 2^20 = 2^61.
constexpr std::int64_t kMostLayers = 1 << 12;
constexpr std::int64_t kMostExperts = 1 << 10;
constexpr std::int64_t kMostSharedExperts = 1 << 10;
constexpr std::int64_t kWidest = 1 << 17;
constexpr std::int64_t kMostHeads = 1 << 12;
constexpr std::int64_t kWidestHead = 1 << 12;
constexpr std::int64_t kWidestPartOfHead = 1 << 11;
constexpr std::int64_t kLargestVocabulary = 1 << 24;
constexpr std::int64_t kMostPositions = 1 << 30;
constexpr std::int64_t kMostLearnedPositions = 1 << 24;
constexpr std::int64_t kWidestExpansion = 64;

struct SeqspanKeys {
  std::string name;
};

const FieldTable<SeqspanKeys>& seqspan_table() {
  static const FieldTable<SeqspanKeys> kTable = [] {
    FieldTable<SeqspanKeys> t(json::ObjectFacts{
        "the seqspan object of a model", "What config.json itself cannot say.", {}, {}, false});
    t.add(json::text("name", "what the model is called").with_default("the name of the folder"),
          &SeqspanKeys::name);
    return t;
  }();
  return kTable;
}

const json::ObjectFacts& seqspan_facts() { return seqspan_table().facts(); }

// A key whose mere presence (other than null, false or 0) changes what must be computed.
void refuse(FieldTable<ModelConfig>& t, const char* name, const char* why, const char* fix) {
  const std::string key = name;
  t.add(json::any(key, std::string("refused unless null, false or 0: ") + why)
            .with_default("absent")
            .or_null(),
        [key, why, fix](ModelConfig&, const Value& value, const std::string& path) -> Result<void> {
          const bool off = (value.kind == json::Kind::kBoolean && !value.boolean) ||
                           (value.kind == json::Kind::kInteger && value.integer == 0) ||
                           (value.kind == json::Kind::kArray && value.items.empty());
          if (off) return {};
          return input_error(fmt::format("'{}' is not modelled", key),
                             json::where(value.place, path), why, fix);
        });
}

void add_shape(FieldTable<ModelConfig>& t) {
  const char* required = "required but for gpt2 and mpt, which have names of their own";
  t.add(
      integer("hidden_size", 1, kWidest, "h, width of the residual stream").with_default(required),
      &ModelConfig::hidden_size);
  t.add(integer("num_hidden_layers", 1, kMostLayers, "L, decoder layers").with_default(required),
        &ModelConfig::layers);
  t.add(integer("num_attention_heads", 1, kMostHeads, "a, query heads").with_default(required),
        &ModelConfig::heads);
  t.add(integer("num_key_value_heads", 1, kMostHeads, "g, key and value heads; divides a")
            .with_default("num_attention_heads")
            .or_null(),
        &ModelConfig::kv_heads);
  t.add(integer("head_dim", 1, kWidestHead, "d, width of a head")
            .with_default("hidden_size / num_attention_heads")
            .or_null(),
        &ModelConfig::head_dim);
  t.add(integer("intermediate_size", 1, kWidestFeedForward,
                "f, width of the feed-forward; of mixtral, of one expert")
            .with_default("required unless every layer is a mixture of experts")
            .or_null(),
        &ModelConfig::intermediate_size);
  t.add(integer("vocab_size", 1, kLargestVocabulary, "V, rows of the embedding"),
        &ModelConfig::vocabulary);
  t.add(integer("max_position_embeddings", 1, kMostPositions, "longest sequence it was trained on")
            .with_default("unknown")
            .or_null(),
        &ModelConfig::max_positions);
  t.add(json::boolean("tie_word_embeddings", "the LM head is the embedding's matrix")
            .with_default("false")
            .or_null(),
        &ModelConfig::tied_embeddings);
  t.add(json::boolean("attention_bias",
                      "biases on the projections of attention (llama, qwen3, deepseek)")
            .with_default("false")
            .or_null(),
        &ModelConfig::attention_bias);
  t.add(json::boolean("mlp_bias", "biases in the feed-forward (llama)")
            .with_default("false")
            .or_null(),
        &ModelConfig::mlp_bias);
  t.add(json::text("hidden_act", "activation of the feed-forward; only silu is modelled")
            .with_default("silu"),
        &ModelConfig::activation);
}

void add_window(FieldTable<ModelConfig>& t) {
  t.add(integer("sliding_window", 1, kMostPositions,
                "window of sliding attention; refused where it is used")
            .with_default("none")
            .or_null(),
        &ModelConfig::sliding_window);
  t.add(json::boolean("use_sliding_window", "whether sliding_window is used (qwen)")
            .with_default("false")
            .or_null(),
        &ModelConfig::use_sliding_window);
  t.add(integer("max_window_layers", 0, kMostLayers, "first layer that uses the window (qwen)")
            .with_default("num_hidden_layers")
            .or_null(),
        &ModelConfig::max_window_layers);
  json::FieldFacts types;
  types.name = "layer_types";
  types.type = json::FieldType::kTexts;
  types.description = "attention of each layer; only full_attention is modelled";
  t.add(std::move(types).with_default("full_attention").or_null(), &ModelConfig::layer_types);
}

json::FieldFacts layer_list(std::string name, std::string description) {
  json::FieldFacts facts = integer(std::move(name), 0, kMostLayers, std::move(description));
  facts.type = json::FieldType::kIntegers;
  return std::move(facts).with_default("[]").or_null();
}

void add_experts(FieldTable<ModelConfig>& t) {
  const auto experts = [](const char* name) {
    return integer(name, 1, kMostExperts, "E, experts of a layer").with_default("none").or_null();
  };
  t.add(experts("num_experts"), &ModelConfig::experts);        // qwen3_moe
  t.add(experts("num_local_experts"), &ModelConfig::experts);  // mixtral
  t.add(experts("n_routed_experts"), &ModelConfig::experts);   // deepseek
  t.add(integer("num_experts_per_tok", 1, kMostExperts, "k, experts that serve one token")
            .with_default("required with experts")
            .or_null(),
        &ModelConfig::experts_per_token);
  t.add(integer("moe_intermediate_size", 1, kWidestFeedForward,
                "f of one expert (qwen3_moe, deepseek)")
            .with_default("required with experts")
            .or_null(),
        &ModelConfig::expert_intermediate);
  t.add(integer("decoder_sparse_step", 1, kMostLayers,
                "every how manieth layer is a mixture of experts (qwen3_moe)")
            .with_default("1")
            .or_null(),
        &ModelConfig::sparse_step);
  t.add(integer("n_shared_experts", 0, kMostSharedExperts,
                "experts that serve every token, of moe_intermediate_size each (deepseek)")
            .with_default("0")
            .or_null(),
        &ModelConfig::shared_experts);
  t.add(integer("first_k_dense_replace", 0, kMostLayers, "first layers that are dense (deepseek)")
            .with_default("0")
            .or_null(),
        &ModelConfig::first_dense_layers);
  t.add(integer("moe_layer_freq", 1, kMostLayers,
                "every how manieth of the other layers is a mixture of experts (deepseek)")
            .with_default("1")
            .or_null(),
        &ModelConfig::expert_layer_step);
  t.add(layer_list("mlp_only_layers", "layers that are dense nevertheless, from 0 (qwen3_moe)"),
        &ModelConfig::dense_layers);
}

// Multi-head latent attention, of the deepseek families.
void add_latent(FieldTable<ModelConfig>& t) {
  const auto part = [&t](const char* name, std::int64_t largest, const char* description,
                         std::optional<std::int64_t> ModelConfig::*target) {
    t.add(integer(name, 1, largest, description).with_default("required for deepseek").or_null(),
          target);
  };
  t.add(integer("q_lora_rank", 1, kWidest,
                "r_q, rank of the queries' latent; null: queries are projected in one step")
            .with_default("required for deepseek")
            .or_null(),
        &ModelConfig::query_rank);
  part("kv_lora_rank", kWidest, "r_kv, rank of the latent of keys and values",
       &ModelConfig::kv_rank);
  part("qk_nope_head_dim", kWidestPartOfHead, "d_n, width of a head of q and k without RoPE",
       &ModelConfig::plain_dim);
  part("qk_rope_head_dim", kWidestPartOfHead, "d_r, width of a head of q and k with RoPE",
       &ModelConfig::rotary_dim);
  part("v_head_dim", kWidestHead, "d_v, width of a head of v", &ModelConfig::value_dim);
  t.add(integer("num_nextn_predict_layers", 0, kMostLayers,
                "layers that predict later tokens; a warning says that they are left out")
            .with_default("0")
            .or_null(),
        &ModelConfig::prediction_layers);
}

void add_gpt2(FieldTable<ModelConfig>& t) {
  const char* required = "required for gpt2";
  t.add(integer("n_embd", 1, kWidest, "h (gpt2)").with_default(required),
        &ModelConfig::hidden_size);
  t.add(integer("n_layer", 1, kMostLayers, "L (gpt2)").with_default(required),
        &ModelConfig::layers);
  t.add(integer("n_head", 1, kMostHeads, "a (gpt2)").with_default(required), &ModelConfig::heads);
  t.add(integer("n_positions", 1, kMostLearnedPositions,
                "longest sequence, rows of the table of learned positions (gpt2)")
            .with_default(required),
        &ModelConfig::max_positions);
  t.add(integer("n_inner", 1, kWidestFeedForward, "f (gpt2)").with_default("4 n_embd").or_null(),
        &ModelConfig::intermediate_size);
  t.add(json::text("activation_function", "activation of the feed-forward (gpt2); a GELU")
            .with_default("gelu_new"),
        &ModelConfig::activation);
}

// What attn_config of mpt may say.
struct MptAttention {
  bool alibi = false;
  bool qk_norm = false;
  bool prefix = false;
  bool rope = false;
  std::string type = "multihead_attention";
};

const FieldTable<MptAttention>& mpt_attention_table() {
  static const FieldTable<MptAttention> kTable = [] {
    FieldTable<MptAttention> t(json::ObjectFacts{"attn_config of mpt",
                                                 "What attention of an mpt model does; the kernel "
                                                 "(attn_impl) and clip_qkv are not looked at.",
                                                 {},
                                                 {},
                                                 true});
    t.add(json::boolean("alibi", "positions as a bias of the scores").with_default("false"),
          &MptAttention::alibi);
    t.add(json::boolean("qk_ln", "LayerNorm of queries and keys; refused").with_default("false"),
          &MptAttention::qk_norm);
    t.add(json::boolean("prefix_lm", "a prefix without mask; refused").with_default("false"),
          &MptAttention::prefix);
    t.add(json::boolean("rope", "RoPE; refused").with_default("false"), &MptAttention::rope);
    t.add(json::text("attn_type", "only multihead_attention is modelled")
              .with_default("multihead_attention"),
          &MptAttention::type);
    return t;
  }();
  return kTable;
}

const json::ObjectFacts& mpt_attention_facts() { return mpt_attention_table().facts(); }

Result<void> decode_mpt_attention(ModelConfig& config, const Value& value,
                                  const std::string& path) {
  MptAttention attention;
  if (Result<void> ok = mpt_attention_table().decode(attention, value, path); !ok) return ok;
  config.alibi = attention.alibi;
  const auto refuse_key = [&](const char* key, const char* what) {
    return json::error_at(value, path, key, fmt::format("{} is not modelled", what),
                          "attention of mpt is causal, with as many KV heads as query heads",
                          "use a model without it");
  };
  if (attention.qk_norm) return refuse_key("qk_ln", "LayerNorm of queries and keys");
  if (attention.prefix) return refuse_key("prefix_lm", "a prefix without mask");
  if (attention.rope) return refuse_key("rope", "RoPE of mpt");
  if (attention.type != "multihead_attention") {
    return refuse_key("attn_type", "attention with shared keys and values");
  }
  return {};
}

void add_mpt(FieldTable<ModelConfig>& t) {
  const char* required = "required for mpt";
  t.add(integer("d_model", 1, kWidest, "h (mpt)").with_default(required),
        &ModelConfig::hidden_size);
  t.add(integer("n_layers", 1, kMostLayers, "L (mpt)").with_default(required),
        &ModelConfig::layers);
  t.add(integer("n_heads", 1, kMostHeads, "a (mpt)").with_default(required), &ModelConfig::heads);
  t.add(integer("expansion_ratio", 1, kWidestExpansion, "f / h (mpt)").with_default("4"),
        &ModelConfig::expansion_ratio);
  t.add(integer("max_seq_len", 1, kMostLearnedPositions, "longest sequence (mpt)")
            .with_default("required with learned positions"),
        &ModelConfig::max_positions);
  t.add(json::boolean("no_bias", "linears and norms without biases (mpt)").with_default("false"),
        &ModelConfig::no_bias);
  t.add(json::boolean("learned_pos_emb", "a table of learned positions, unless alibi (mpt)")
            .with_default("true"),
        &ModelConfig::learned_positions);
  t.add(json::object("attn_config", mpt_attention_facts, "attention (mpt)").with_default("{}"),
        decode_mpt_attention);
}

void add_refused(FieldTable<ModelConfig>& t) {
  refuse(t, "quantization_config", "quantised weights train in other formats than bf16",
         "use the config.json of the unquantised model");
  refuse(t, "vision_config", "only the text tower is modelled", "use a text model");
  refuse(t, "audio_config", "only the text tower is modelled", "use a text model");
  refuse(t, "text_config", "the text model of a multimodal one is not read from inside it",
         "put the content of text_config into a file of its own");
  refuse(t, "shared_expert_intermediate_size", "gated shared experts (qwen2_moe) are not modelled",
         "use a model without them");
  refuse(t, "cross_attention_layers", "cross attention is not modelled", "use a text model");
  refuse(t, "is_encoder_decoder", "encoders are not modelled", "use a decoder-only model");
}

FieldTable<ModelConfig> make_config_table() {
  FieldTable<ModelConfig> t(json::ObjectFacts{
      "a model", "A Hugging Face config.json as its authors publish it.", {}, {}, true});
  t.add(json::object("seqspan", seqspan_facts, "what config.json itself cannot say")
            .with_default("absent"),
        [](ModelConfig& config, const Value& value, const std::string& path) -> Result<void> {
          SeqspanKeys keys;
          if (Result<void> ok = seqspan_table().decode(keys, value, path); !ok) return ok;
          config.name = keys.name;
          return {};
        });
  t.add(json::choice("model_type", json::choices_up_to(ModelFamily::kMpt),
                     "family of the architecture"),
        &ModelConfig::family);
  json::FieldFacts architectures;
  architectures.name = "architectures";
  architectures.type = json::FieldType::kTexts;
  architectures.description = "classes of the model; one must be ...ForCausalLM";
  t.add(std::move(architectures).with_default("a causal language model").or_null(),
        &ModelConfig::architectures);
  add_shape(t);
  add_window(t);
  add_experts(t);
  add_latent(t);
  add_gpt2(t);
  add_mpt(t);
  add_refused(t);
  return t;
}

}  // namespace

const FieldTable<ModelConfig>& model_config_table() {
  static const FieldTable<ModelConfig> kTable = make_config_table();
  return kTable;
}

}  // namespace seqspan::sim
