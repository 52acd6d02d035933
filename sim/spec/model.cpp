#include "sim/spec/model.hpp"

#include "sim/spec/layer_facts.hpp"

namespace seqspan::sim {

std::int64_t Tower::layer_count() const {
  std::int64_t layers = 0;
  for (const LayerRun& run : runs) layers += run.count;
  return layers;
}

std::int64_t norm_parameters(const Tower& tower) {
  return tower.norm == NormKind::kLayer ? 2 * tower.hidden : tower.hidden;
}

std::int64_t layer_norm_parameters(const Tower& tower) { return 2 * norm_parameters(tower); }

std::int64_t parameter_count(const Model& model) {
  std::int64_t total = 0;
  for (const Tower& tower : model.towers) {
    for (const LayerRun& run : tower.runs) {
      const LayerKind& kind = tower.kinds[run.kind];
      total += run.count * (parameters_of(kind.attention, tower.hidden).total() +
                            parameters_of(kind.feed_forward, tower.hidden).total() +
                            layer_norm_parameters(tower));
    }
    total += norm_parameters(tower);  // final norm
    total += model.learned_positions * tower.hidden;
    const std::int64_t embedding = model.vocabulary * tower.hidden;
    total += model.tied_embeddings ? embedding : 2 * embedding;
  }
  return total;
}

}  // namespace seqspan::sim
