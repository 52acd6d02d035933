// The heads and rows that a rank has before attention: its tensor parallel share of the heads, all
// tokens of its context parallel rank.
//
//   full attention    a/t query heads, max(g/t, 1) KV heads, d_k = d_v = d
//   latent attention  a/t heads of queries, keys and values, d_k = d_nope + d_rope, d_v
#pragma once

#include "sim/lower/attention/head_block.hpp"
#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

[[nodiscard]] HeadBlock local_heads(const LoweringContext& context, const FullAttention& attention);
[[nodiscard]] HeadBlock local_heads(const LoweringContext& context,
                                    const LatentAttention& attention);

}  // namespace seqspan::sim
