#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

Dimensions dimensions_of(const Tower& tower, const Training& training, const Layout& layout) {
  const std::int64_t tokens = training.sequence_length / layout.cp();
  const std::int64_t shard_tokens = tokens / layout.tp;
  return {
      .batch = {"b", layout.micro_batch},
      .sequence = {"s", training.sequence_length},
      .tokens = {"s/c", tokens},
      .shard_tokens = {"s/(c t)", shard_tokens},
      .hidden = {"h", tower.hidden},
      .rows = layout.micro_batch * tokens,
      .shard_rows = layout.micro_batch * shard_tokens,
  };
}

}  // namespace seqspan::sim
