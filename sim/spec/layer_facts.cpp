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

}  // namespace

ParameterCounts parameters_of(const Attention& attention, std::int64_t hidden) {
  return std::visit(Answer{[hidden](const FullAttention& full) {
                      const std::int64_t query_width = full.query_heads * full.head_dim;
                      const std::int64_t kv_width = full.kv_heads * full.head_dim;
                      ParameterCounts counts;
                      counts.split_matrices =
                          hidden * (query_width + 2 * kv_width) + query_width * hidden;
                      counts.split_vectors = full.qkv_bias ? query_width + 2 * kv_width : 0;
                      counts.whole_vectors =
                          (full.output_bias ? hidden : 0) + (full.qk_norm ? 2 * full.head_dim : 0);
                      return counts;
                    }},
                    attention);
}

ParameterCounts parameters_of(const FeedForward& feed_forward, std::int64_t hidden) {
  return std::visit(Answer{[hidden](const DenseFeedForward& dense) {
                             ParameterCounts counts;
                             counts.split_matrices = 3 * hidden * dense.intermediate;
                             counts.split_vectors = dense.bias ? 2 * dense.intermediate : 0;
                             counts.whole_vectors = dense.bias ? hidden : 0;
                             return counts;
                           },
                           [hidden](const MixtureOfExperts& moe) {
                             const std::int64_t expert = 3 * hidden * moe.expert_intermediate;
                             ParameterCounts counts;
                             counts.whole_matrices = hidden * moe.experts;
                             counts.experts = moe.experts * expert;
                             counts.active_experts = moe.experts_per_token * expert;
                             return counts;
                           }},
                    feed_forward);
}

HeadCounts heads_of(const Attention& attention) {
  return std::visit(Answer{[](const FullAttention& full) {
                      return HeadCounts{full.query_heads, full.kv_heads};
                    }},
                    attention);
}

Flops forward_flops(const Attention& attention, Tokens sequence) {
  const auto tokens = static_cast<double>(sequence.value());
  return std::visit(
      Answer{[tokens](const FullAttention& full) {
        const double pairs = tokens * (tokens + 1.0) / 2.0;
        return Flops(4.0 * pairs * static_cast<double>(full.query_heads * full.head_dim));
      }},
      attention);
}

std::int64_t expert_count(const FeedForward& feed_forward) {
  return std::visit(Answer{[](const DenseFeedForward&) { return std::int64_t{0}; },
                           [](const MixtureOfExperts& moe) { return moe.experts; }},
                    feed_forward);
}

bool has_experts(const Tower& tower) {
  return std::any_of(tower.kinds.begin(), tower.kinds.end(),
                     [](const LayerKind& kind) { return expert_count(kind.feed_forward) > 0; });
}

std::int64_t intermediate_of(const FeedForward& feed_forward) {
  return std::visit(Answer{[](const DenseFeedForward& dense) { return dense.intermediate; },
                           [](const MixtureOfExperts& moe) { return moe.expert_intermediate; }},
                    feed_forward);
}

}  // namespace seqspan::sim
