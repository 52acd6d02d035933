#include "sim/spec/model.hpp"

namespace seqspan::sim {
namespace {

struct AttentionParameters {
  std::int64_t hidden;

  std::int64_t operator()(const FullAttention& attention) const {
    const std::int64_t query_width = attention.query_heads * attention.head_dim;
    const std::int64_t kv_width = attention.kv_heads * attention.head_dim;
    const std::int64_t projections = hidden * (query_width + 2 * kv_width) + query_width * hidden;
    const std::int64_t biases = (attention.qkv_bias ? query_width + 2 * kv_width : 0) +
                                (attention.output_bias ? hidden : 0);
    const std::int64_t norms = attention.qk_norm ? 2 * attention.head_dim : 0;
    return projections + biases + norms;
  }
};

struct FeedForwardParameters {
  std::int64_t hidden;

  std::int64_t operator()(const DenseFeedForward& part) const {
    const std::int64_t biases = part.bias ? 2 * part.intermediate + hidden : 0;
    return 3 * hidden * part.intermediate + biases;
  }
  std::int64_t operator()(const MixtureOfExperts& part) const {
    return router(part) + part.experts * expert(part);
  }
  std::int64_t router(const MixtureOfExperts& part) const { return hidden * part.experts; }
  std::int64_t expert(const MixtureOfExperts& part) const {
    return 3 * hidden * part.expert_intermediate;
  }
};

// Counts every layer with `feed_forward` for its second half.
template <class CountFeedForward>
std::int64_t count(const Model& model, CountFeedForward feed_forward) {
  std::int64_t total = 0;
  for (const Tower& tower : model.towers) {
    for (const LayerRun& run : tower.runs) {
      const LayerKind& kind = tower.kinds[run.kind];
      total += run.count * (attention_parameters(kind.attention, tower.hidden) +
                            feed_forward(kind.feed_forward, tower.hidden) +
                            layer_norm_parameters(tower.hidden));
    }
    total += tower.hidden;  // final norm
    const std::int64_t embedding = model.vocabulary * tower.hidden;
    total += model.tied_embeddings ? embedding : 2 * embedding;
  }
  return total;
}

}  // namespace

std::int64_t Tower::layer_count() const {
  std::int64_t layers = 0;
  for (const LayerRun& run : runs) layers += run.count;
  return layers;
}

std::int64_t attention_parameters(const Attention& attention, std::int64_t hidden) {
  return std::visit(AttentionParameters{hidden}, attention);
}

std::int64_t feed_forward_parameters(const FeedForward& part, std::int64_t hidden) {
  return std::visit(FeedForwardParameters{hidden}, part);
}

std::int64_t layer_norm_parameters(std::int64_t hidden) { return 2 * hidden; }

std::int64_t parameter_count(const Model& model) { return count(model, feed_forward_parameters); }

std::int64_t active_parameter_count(const Model& model) {
  return count(model, [](const FeedForward& part, std::int64_t hidden) {
    const FeedForwardParameters parameters{hidden};
    if (const auto* moe = std::get_if<MixtureOfExperts>(&part)) {
      return parameters.router(*moe) + moe->experts_per_token * parameters.expert(*moe);
    }
    return feed_forward_parameters(part, hidden);
  });
}

}  // namespace seqspan::sim
