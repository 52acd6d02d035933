#include "sim/spec/model_flops.hpp"

namespace seqspan::sim {
namespace {

double matrix_parameters(const LayerKind& kind, std::int64_t hidden) {
  const auto& attention = std::get<FullAttention>(kind.attention);
  const auto width = static_cast<double>(attention.head_dim);
  const auto h = static_cast<double>(hidden);
  const double projections =
      h * width * static_cast<double>(2 * attention.query_heads + 2 * attention.kv_heads);
  if (const auto* dense = std::get_if<DenseFeedForward>(&kind.feed_forward)) {
    return projections + 3.0 * h * static_cast<double>(dense->intermediate);
  }
  const auto& experts = std::get<MixtureOfExperts>(kind.feed_forward);
  return projections + h * static_cast<double>(experts.experts) +
         3.0 * h * static_cast<double>(experts.expert_intermediate * experts.experts_per_token);
}

}  // namespace

Flops model_flops(const Model& model, Tokens sequence) {
  const auto tokens = static_cast<double>(sequence.value());
  const double pairs = tokens * (tokens + 1.0) / 2.0;
  double forward = 0;
  for (const Tower& tower : model.towers) {
    for (const LayerRun& run : tower.runs) {
      const LayerKind& kind = tower.kinds[run.kind];
      const auto& attention = std::get<FullAttention>(kind.attention);
      const double attended =
          4.0 * pairs * static_cast<double>(attention.query_heads * attention.head_dim);
      forward += static_cast<double>(run.count) *
                 (2.0 * tokens * matrix_parameters(kind, tower.hidden) + attended);
    }
    forward +=
        2.0 * tokens * static_cast<double>(model.vocabulary) * static_cast<double>(tower.hidden);
  }
  return Flops(3.0 * forward);
}

}  // namespace seqspan::sim
