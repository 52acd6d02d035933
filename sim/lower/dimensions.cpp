#include "sim/lower/dimensions.hpp"

#include "sim/lower/fp8.hpp"

namespace seqspan::sim {

Dimensions dimensions_of(const Tower& tower, const Training& training, const Layout& layout) {
  const std::int64_t tokens = training.sequence_length / layout.cp();
  const bool splits = layout.sequence_parallel || layout.tp == 1;
  const std::int64_t shard_tokens = splits ? tokens / layout.tp : tokens;
  return {
      .batch = {"b", layout.micro_batch},
      .sequence = {"s", training.sequence_length},
      .tokens = {"s/c", tokens},
      .shard_tokens = {splits ? "s/(c t)" : "s/c", shard_tokens},
      .hidden = {"h", tower.hidden},
      .rows = layout.micro_batch * tokens,
      .shard_rows = layout.micro_batch * shard_tokens,
  };
}

DataType norm_output_type(const LoweringContext& context) {
  return fp8_use_of(context.job, context.traits).norms_cast ? DataType::kFloat8
                                                            : DataType::kBFloat16;
}

std::int64_t vocabulary_rows(const LoweringContext& context) {
  const std::int64_t multiple = context.traits.vocabulary_multiple * context.layout.tp;
  const std::int64_t padded = (context.job.model.vocabulary + multiple - 1) / multiple * multiple;
  return padded / context.layout.tp;
}

}  // namespace seqspan::sim
