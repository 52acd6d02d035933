#include "sim/spec/layer_facts.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

// One answer per kind; std::visit refuses to compile while one is missing.
template <class... Answers>
struct Answer : Answers... {
  using Answers::operator()...;
};
template <class... Answers>
Answer(Answers...) -> Answer<Answers...>;

// Of the products of queries with keys and of weights with values.
Flops products(std::int64_t sequence, std::int64_t heads, std::int64_t key_dim,
               std::int64_t value_dim) {
  const auto tokens = static_cast<double>(sequence);
  const double pairs = tokens * (tokens + 1.0) / 2.0;
  return Flops(2.0 * pairs * static_cast<double>(heads * (key_dim + value_dim)));
}

ParameterCounts parameters_of(const FullAttention& full, std::int64_t hidden) {
  const std::int64_t query_width = full.query_heads * full.head_dim;
  const std::int64_t kv_width = full.kv_heads * full.head_dim;
  ParameterCounts counts;
  counts.split_matrices = hidden * (query_width + 2 * kv_width) + query_width * hidden;
  counts.split_vectors = full.qkv_bias ? query_width + 2 * kv_width : 0;
  counts.whole_vectors = (full.output_bias ? hidden : 0) + (full.qk_norm ? 2 * full.head_dim : 0);
  return counts;
}

ParameterCounts parameters_of(const LatentAttention& latent, std::int64_t hidden) {
  const std::int64_t query_width = latent.heads * latent.key_dim();
  const std::int64_t kv_width = latent.heads * (latent.plain_dim + latent.value_dim);
  const std::int64_t down_width = latent.query_rank + latent.kv_rank + latent.rotary_dim;
  const std::int64_t query_input = latent.query_rank > 0 ? latent.query_rank : hidden;
  ParameterCounts counts;
  counts.split_matrices = query_input * query_width + latent.kv_rank * kv_width +
                          latent.heads * latent.value_dim * hidden;
  counts.whole_matrices = hidden * down_width;
  counts.whole_vectors =
      latent.query_rank + latent.kv_rank + (latent.bias ? down_width + hidden : 0);
  return counts;
}

ParameterCounts parameters_of(const DenseFeedForward& dense, std::int64_t hidden) {
  ParameterCounts counts;
  counts.split_matrices = 3 * hidden * dense.intermediate;
  counts.split_vectors = dense.bias ? 2 * dense.intermediate : 0;
  counts.whole_vectors = dense.bias ? hidden : 0;
  return counts;
}

ParameterCounts parameters_of(const PlainFeedForward& plain, std::int64_t hidden) {
  ParameterCounts counts;
  counts.split_matrices = 2 * hidden * plain.intermediate;
  counts.split_vectors = plain.bias ? plain.intermediate : 0;
  counts.whole_vectors = plain.bias ? hidden : 0;
  return counts;
}

ParameterCounts parameters_of(const MixtureOfExperts& moe, std::int64_t hidden) {
  const std::int64_t expert = 3 * hidden * moe.expert_intermediate;
  ParameterCounts counts;
  counts.split_matrices = 3 * hidden * moe.shared_intermediate;
  counts.whole_matrices = hidden * moe.experts;
  counts.whole_vectors = moe.router_bias ? moe.experts : 0;
  counts.experts = moe.experts * expert;
  counts.active_experts = moe.experts_per_token * expert;
  return counts;
}

}  // namespace

ParameterCounts parameters_of(const Attention& attention, std::int64_t hidden) {
  return std::visit([hidden](const auto& kind) { return parameters_of(kind, hidden); }, attention);
}

ParameterCounts parameters_of(const FeedForward& feed_forward, std::int64_t hidden) {
  return std::visit([hidden](const auto& kind) { return parameters_of(kind, hidden); },
                    feed_forward);
}

HeadCounts heads_of(const Attention& attention) {
  return std::visit(Answer{[](const FullAttention& full) {
                             return HeadCounts{full.query_heads, full.kv_heads};
                           },
                           [](const LatentAttention& latent) {
                             return HeadCounts{latent.heads, latent.heads};
                           }},
                    attention);
}

Flops forward_flops(const Attention& attention, Tokens sequence) {
  return std::visit(
      Answer{[sequence](const FullAttention& full) {
               return products(sequence.value(), full.query_heads, full.head_dim, full.head_dim);
             },
             [sequence](const LatentAttention& latent) {
               return products(sequence.value(), latent.heads, latent.key_dim(), latent.value_dim);
             }},
      attention);
}

bool is_latent(const Attention& attention) {
  return std::visit(Answer{[](const FullAttention&) { return false; },
                           [](const LatentAttention&) { return true; }},
                    attention);
}

std::int64_t expert_count(const FeedForward& feed_forward) {
  return std::visit(Answer{[](const DenseFeedForward&) { return std::int64_t{0}; },
                           [](const PlainFeedForward&) { return std::int64_t{0}; },
                           [](const MixtureOfExperts& moe) { return moe.experts; }},
                    feed_forward);
}

std::int64_t shared_intermediate_of(const FeedForward& feed_forward) {
  return std::visit(Answer{[](const DenseFeedForward&) { return std::int64_t{0}; },
                           [](const PlainFeedForward&) { return std::int64_t{0}; },
                           [](const MixtureOfExperts& moe) { return moe.shared_intermediate; }},
                    feed_forward);
}

bool has_experts(const Tower& tower) {
  return std::any_of(tower.kinds.begin(), tower.kinds.end(),
                     [](const LayerKind& kind) { return expert_count(kind.feed_forward) > 0; });
}

std::int64_t intermediate_of(const FeedForward& feed_forward) {
  return std::visit(Answer{[](const DenseFeedForward& dense) { return dense.intermediate; },
                           [](const PlainFeedForward& plain) { return plain.intermediate; },
                           [](const MixtureOfExperts& moe) { return moe.expert_intermediate; }},
                    feed_forward);
}

}  // namespace seqspan::sim
