// A model as seqspan sees it: one or more towers of layers over one vocabulary.
//
// A layer is an attention of some kind followed by a feed-forward of some kind. A new kind of
// attention (sliding window, linear, latent) is a new alternative of `Attention`, its answers in
// layer_facts.cpp, and a new half of a layer under sim/lower/layer/; a new kind of feed-forward
// likewise. Nothing else asks which kind a layer has. Equal layers share one
// LayerKind, so that nothing downstream costs more for a deeper model.
//
// Symbols used everywhere: h hidden size, a query heads, g KV heads, d head dimension (d_k of
// queries and keys and d_v of values where they differ), f feed-forward size, V vocabulary, E
// experts, k experts per token, L layers.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace seqspan::sim {

// Causal softmax attention over the whole sequence, with grouped KV heads (GQA).
struct FullAttention {
  std::int64_t query_heads = 0;  // a
  std::int64_t kv_heads = 0;     // g, divides a
  std::int64_t head_dim = 0;     // d
  bool qkv_bias = false;
  bool output_bias = false;
  bool qk_norm = false;  // RMSNorm over d of every query and key head before RoPE
  bool rotary = true;    // RoPE; else positions are learned, or a bias inside attention (ALiBi)

  bool operator==(const FullAttention&) const = default;
};

// Causal softmax attention whose queries, keys and values are projected down to latents of small
// rank and up again to `heads` heads each (multi-head latent attention, MLA). A head of a query or
// a key is a part without position and a part with RoPE, d_k = d_n + d_r; the keys' part with RoPE
// is one for all heads. Source: DeepSeek-V2, arXiv 2405.04434, section 2.1.
struct LatentAttention {
  std::int64_t heads = 0;       // a, of queries, keys and values
  std::int64_t query_rank = 0;  // r_q, 0 where queries are projected in one step
  std::int64_t kv_rank = 0;     // r_kv
  std::int64_t plain_dim = 0;   // d_n, qk_nope_head_dim
  std::int64_t rotary_dim = 0;  // d_r, qk_rope_head_dim
  std::int64_t value_dim = 0;   // d_v
  bool bias = false;            // on the down-projections and the output projection

  [[nodiscard]] std::int64_t key_dim() const { return plain_dim + rotary_dim; }  // d_k

  bool operator==(const LatentAttention&) const = default;
};

using Attention = std::variant<FullAttention, LatentAttention>;

// Gated feed-forward (SwiGLU): two h x f matrices in, one f x h out.
struct DenseFeedForward {
  std::int64_t intermediate = 0;  // f
  bool bias = false;

  bool operator==(const DenseFeedForward&) const = default;
};

// Feed-forward without a gate: one h x f matrix in, GELU, one f x h out.
struct PlainFeedForward {
  std::int64_t intermediate = 0;  // f
  bool bias = false;

  bool operator==(const PlainFeedForward&) const = default;
};

// A router and E gated experts, k of which serve each token, and shared experts, which serve every
// token: together one gated feed-forward of size f_s.
struct MixtureOfExperts {
  std::int64_t experts = 0;              // E
  std::int64_t experts_per_token = 0;    // k
  std::int64_t expert_intermediate = 0;  // f of one expert
  std::int64_t shared_intermediate = 0;  // f_s, 0 without shared experts
  bool router_bias = false;              // one number per expert that steers the choice of experts

  bool operator==(const MixtureOfExperts&) const = default;
};

using FeedForward = std::variant<DenseFeedForward, PlainFeedForward, MixtureOfExperts>;

struct LayerKind {
  Attention attention;
  FeedForward feed_forward;

  bool operator==(const LayerKind&) const = default;
};

// `count` consecutive layers of one kind.
struct LayerRun {
  std::size_t kind = 0;  // index into Tower::kinds
  std::int64_t count = 0;

  bool operator==(const LayerRun&) const = default;
};

// What a norm over the hidden size does and owns: RMSNorm a scale; LayerNorm also takes the mean
// off and owns a bias, unless the model has none.
enum class NormKind : std::uint8_t { kRootMeanSquare, kLayer, kLayerWithoutBias };

struct Tower {
  std::string name;         // "text"
  std::int64_t hidden = 0;  // h
  NormKind norm = NormKind::kRootMeanSquare;
  std::vector<LayerKind> kinds;
  std::vector<LayerRun> runs;  // first layer to last

  [[nodiscard]] std::int64_t layer_count() const;
};

struct Model {
  std::string name;
  std::string family;                  // "llama", "qwen3_moe", ...: model_type of config.json
  std::vector<Tower> towers;           // text only until vision and audio towers are modelled
  std::int64_t vocabulary = 0;         // V
  std::int64_t max_positions = 0;      // max_position_embeddings, 0 when the file has none
  bool tied_embeddings = false;        // the LM head is the embedding's matrix
  std::int64_t learned_positions = 0;  // rows of the table of learned positions, 0: there is none
  // Layers that predict tokens after the next one. They are not in `towers`: training is modelled
  // without them.
  std::int64_t prediction_layers = 0;
};

// The exact number of trainable parameters, as the model's authors count them.
[[nodiscard]] std::int64_t parameter_count(const Model& model);
[[nodiscard]] std::int64_t norm_parameters(const Tower& tower);
// Both norms of a layer, and nothing else.
[[nodiscard]] std::int64_t layer_norm_parameters(const Tower& tower);

}  // namespace seqspan::sim
