// Shapes at random that a plan can run.
#pragma once

#include "tests/real/oracle/plan.hpp"

namespace seqspan::oracle {

enum class KvHeads : std::uint8_t {
  kAll,      // g = a
  kGrouped,  // g = t u < a
  kFew,  // DeepSpeed: g <= u, repeated; tensor parallelism alone: g < t, QKV gathered over heads;
         // else as kGrouped
};

// b 1 or 2; s a multiple of 2 c t up to 64; a a multiple of t u; d 4, 8, 12 or 16, so
// that t divides (a + 2 g) d.
[[nodiscard]] inline Sizes draw_sizes(Dice& dice, const Plan& plan, KvHeads kv) {
  const Degrees& degrees = plan.degrees;
  const std::int64_t split = degrees.tensor * degrees.ulysses;
  const std::int64_t unit = 2 * degrees.context() * degrees.tensor;
  const std::int64_t fewest = kv == KvHeads::kAll ? 1 : 2;
  Sizes sizes;
  sizes.batch = dice.integer(1, 2);
  sizes.sequence = unit * dice.integer(1, 64 / unit);
  sizes.query_heads = split * dice.integer(fewest, std::max(fewest, 8 / split));
  sizes.head_dim = 4 * dice.integer(1, 4);
  sizes.kv_heads = kv == KvHeads::kAll ? sizes.query_heads : split;
  const bool may_have_few =
      plan.family == Family::kDeepSpeed || (degrees.tensor > 1 && degrees.ulysses == 1);
  if (kv == KvHeads::kFew && may_have_few) {
    sizes.kv_heads = split >= 4 ? dice.integer(1, 2) : 1;
  }
  return sizes;
}

}  // namespace seqspan::oracle
