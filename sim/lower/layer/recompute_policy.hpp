// What of a layer's forward is run again in backward, where layers are recomputed.
#pragma once

#include "sim/lower/dimensions.hpp"
#include "sim/lower/kernels.hpp"

namespace seqspan::sim {

// torchtitan's selective policy (paired_linear.hpp).
[[nodiscard]] inline bool keeps_every_second_product(const Layout& layout,
                                                     const FrameworkTraits& traits) {
  return layout.recompute == Recompute::kSelective &&
         traits.selective_recompute == SelectiveRecompute::kEverySecondProduct;
}
[[nodiscard]] inline bool keeps_every_second_product(const LoweringContext& context) {
  return keeps_every_second_product(context.layout, context.traits);
}

// Whether the last product of a layer, which no backward reads, is left out: the policy keeps its
// output, a compiler sees dead code, and a checkpoint that stops early has all it needs before.
[[nodiscard]] inline bool skips_last_product(const LoweringContext& context) {
  return keeps_every_second_product(context) || context.job.training.recompute_early_stop ||
         kernels_of(context.job.training, context.traits).compiled;
}

}  // namespace seqspan::sim
