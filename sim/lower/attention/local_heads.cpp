#include "sim/lower/attention/local_heads.hpp"

namespace seqspan::sim {
namespace {

// All but the heads and their widths.
HeadBlock local_rows(const LoweringContext& context) {
  const Training& training = context.job.training;
  HeadBlock block;
  block.batch = context.dimensions.batch;
  block.tokens = context.dimensions.tokens;
  block.sequence = context.dimensions.sequence;
  block.causal = training.mask == AttentionMask::kCausal;
  block.flash_attention = training.flash_attention;
  block.unpads = training.unpads_attention;
  if (block.flash_attention == 0 && context.traits.flash_attention_2) block.flash_attention = 2;
  return block;
}

}  // namespace

HeadBlock local_heads(const LoweringContext& context, const FullAttention& attention) {
  const std::int64_t tp = context.layout.tp;
  HeadBlock block = local_rows(context);
  block.query_heads = {"a/t", attention.query_heads / tp};
  block.kv_heads =
      attention.kv_heads >= tp ? Extent{"g/t", attention.kv_heads / tp} : Extent{"1", 1};
  block.head_dim = {"d", attention.head_dim};
  block.value_dim = block.head_dim;
  return block;
}

HeadBlock local_heads(const LoweringContext& context, const LatentAttention& attention) {
  HeadBlock block = local_rows(context);
  block.query_heads = {"a/t", attention.heads / context.layout.tp};
  block.kv_heads = block.query_heads;
  block.head_dim = {"d_k", attention.key_dim()};
  block.value_dim = {"d_v", attention.value_dim};
  return block;
}

}  // namespace seqspan::sim
