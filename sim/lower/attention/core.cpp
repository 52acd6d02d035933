#include "sim/lower/attention/core.hpp"

namespace seqspan::sim {

AttentionCore make_core(ProgramBuilder& builder, const HeadBlock& block, QueryKeyValue inputs,
                        const ContextPlan& plan) {
  const Layout& layout = plan.layout;
  const FrameworkTraits& traits = plan.traits;
  if (layout.ring == 1) {
    if (plan.training.attention_kernel == AttentionKernel::kUnfused) {
      return UnfusedAttention(builder, block, inputs, plan.training.dropout > 0);
    }
    return LocalAttention(builder, block, inputs, traits.expands_kv_gradients);
  }
  if (layout.kv_exchange == KvExchange::kAllGather) {
    return AllGatherAttention(builder, block, inputs, plan);
  }
  const RingPlan ring{layout.ring, plan.ring_rank, layout.ring_order, traits.ring};
  return RingAttention(builder, block, inputs, ring, traits.expands_kv_gradients);
}

}  // namespace seqspan::sim
