#include "sim/layout/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/layout/legality.hpp"
#include "sim/lower/kernels.hpp"
#include "sim/lower/loss.hpp"
#include "sim/spec/layer_facts.hpp"

namespace seqspan::sim {
std::int64_t default_loss_chunks(const Job& job, const Layout& layout) {
  if (loss_of(job.training, traits_of(job.framework)) != LossKind::kFusedLinear) return 1;
  return liger_chunks(layout.micro_batch * job.training.sequence_length / layout.cp(),
                      job.model.vocabulary, job.model.towers.front().hidden);
}

Layout resolve(const Job& job, const LayoutChoice& choice) {
  const FrameworkTraits& traits = traits_of(job.framework);
  Layout layout;
  layout.tp = choice.tp.value_or(1);
  layout.sequence_parallel = choice.sequence_parallel.value_or(true);
  layout.ulysses = choice.ulysses.value_or(1);
  layout.ring = choice.ring.value_or(1);
  layout.pp = choice.pp.value_or(1);
  layout.vpp = choice.vpp.value_or(1);
  layout.ep = choice.ep.value_or(1);
  const bool experts_follow_tp =
      job.framework == Framework::kMegatron && has_experts(job.model.towers.front());
  layout.etp = choice.etp.value_or(experts_follow_tp ? layout.tp : 1);
  const std::int64_t others = layout.tp * layout.cp() * layout.pp;
  layout.dp = choice.dp.value_or(std::max<std::int64_t>(job.cluster.gpu_count() / others, 1));
  layout.micro_batch = choice.micro_batch.value_or(1);
  layout.ring_order = choice.ring_order.value_or(traits.ring_order);
  layout.kv_exchange = choice.kv_exchange.value_or(traits.kv_exchange);
  layout.placement = choice.placement.value_or(Placement::kUlyssesInner);
  layout.recompute = choice.recompute.value_or(Recompute::kNone);
  layout.sharding = choice.sharding.value_or(traits.sharding);
  layout.offload = choice.offload.value_or(Offload::kNone);
  layout.ulysses_in_node = choice.ulysses_in_node.value_or(1);
  layout.ep_in_node = choice.ep_in_node.value_or(1);
  layout.mlp_chunks = choice.mlp_chunks.value_or(1);
  layout.head_groups = choice.head_groups.value_or(1);
  layout.loss_chunks = choice.loss_chunks.value_or(default_loss_chunks(job, layout));
  return layout;
}

Result<Layout> resolve_legal(const Job& job, const LayoutChoice& choice) {
  const Layout layout = resolve(job, choice);
  if (const auto code = broken_rule(job, layout)) {
    const ReasonFacts& facts = facts_of(*code);
    return input_error(fmt::format("layout refused: {}", facts.name), "",
                       describe(*code, job, layout), std::string(facts.fix));
  }
  return layout;
}

}  // namespace seqspan::sim
