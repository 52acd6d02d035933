#include "sim/spec/model_flops.hpp"

#include "sim/spec/layer_facts.hpp"

namespace seqspan::sim {

namespace {

// s^2 over the s (s + 1) / 2 causal pairs.
double pairs_over_causal(Tokens sequence, AttentionMask mask) {
  const auto s = static_cast<double>(sequence.value());
  return mask == AttentionMask::kCausal ? 1 : 2 * s / (s + 1);
}

}  // namespace

Flops attention_flops(const Model& model, Tokens sequence, AttentionMask mask) {
  return pairs_over_causal(sequence, mask) *
         forward_flops(model.towers.front().kinds.front().attention, sequence);
}

Flops layers_attention_flops(const Model& model, Tokens sequence, AttentionMask mask) {
  Flops forward(0);
  for (const Tower& tower : model.towers) {
    for (const LayerRun& run : tower.runs) {
      forward += static_cast<double>(run.count) * pairs_over_causal(sequence, mask) *
                 forward_flops(tower.kinds[run.kind].attention, sequence);
    }
  }
  return 3.0 * forward;
}

Flops model_flops(const Model& model, Tokens sequence, AttentionMask mask) {
  const auto tokens = static_cast<double>(sequence.value());
  Flops forward(0);
  for (const Tower& tower : model.towers) {
    for (const LayerRun& run : tower.runs) {
      const LayerKind& kind = tower.kinds[run.kind];
      const std::int64_t multiplied =
          parameters_of(kind.attention, tower.hidden).multiplied_per_token() +
          parameters_of(kind.feed_forward, tower.hidden).multiplied_per_token();
      const Flops products(2.0 * tokens * static_cast<double>(multiplied));
      forward +=
          static_cast<double>(run.count) *
          (products + pairs_over_causal(sequence, mask) * forward_flops(kind.attention, sequence));
    }
    forward += Flops(2.0 * tokens * static_cast<double>(model.vocabulary) *
                     static_cast<double>(tower.hidden));
  }
  return 3.0 * forward;
}

}  // namespace seqspan::sim
