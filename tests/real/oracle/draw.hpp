// Shapes at random that a plan can run.
#pragma once

#include "tests/real/oracle/plan.hpp"

namespace seqspan::oracle {

// b 1 or 2; s a multiple of 2 c t up to 64; a a multiple of t u up to 8; g = a, or a smaller
// divisor that the plan allows (`grouped`); d 4 to 16, even.
[[nodiscard]] inline Sizes draw_sizes(Dice& dice, const Plan& plan, bool grouped) {
  const Degrees& degrees = plan.degrees;
  const std::int64_t split = degrees.tensor * degrees.ulysses;
  const std::int64_t unit = 2 * degrees.context() * degrees.tensor;
  const std::int64_t per_rank = grouped && 8 / split > 1 ? 2 : 1;
  Sizes sizes;
  sizes.batch = dice.integer(1, 2);
  sizes.sequence = unit * dice.integer(1, 64 / unit);
  sizes.query_heads = split * dice.integer(per_rank, 8 / split);
  sizes.head_dim = 2 * dice.integer(2, 8);
  sizes.kv_heads = sizes.query_heads;
  if (!grouped) return sizes;
  // The smallest number of KV heads that divides: repeated by DeepSpeed where it is below u.
  sizes.kv_heads = plan.family == Family::kDeepSpeed ? dice.integer(1, 2) : split;
  if (sizes.query_heads % sizes.kv_heads != 0) sizes.kv_heads = 1;
  return sizes;
}

}  // namespace seqspan::oracle
