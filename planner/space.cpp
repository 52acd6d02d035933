#include "planner/space.hpp"

#include <algorithm>
#include <optional>

#include "sim/layout/resolve.hpp"
#include "sim/lower/framework_traits.hpp"
#include "sim/network/rank_order.hpp"
#include "sim/network/topology.hpp"
#include "sim/spec/layer_facts.hpp"

namespace seqspan::planner {
namespace {

constexpr std::int64_t kLargestMicroBatch = 16;

std::vector<std::int64_t> divisors(std::int64_t number, std::int64_t largest) {
  std::vector<std::int64_t> result;
  for (std::int64_t d = 1; d <= number && d <= largest; ++d) {
    if (number % d == 0) result.push_back(d);
  }
  return result;
}

template <class Value>
std::vector<Value> only(const std::optional<Value>& fixed, std::vector<Value> open) {
  if (fixed) return {*fixed};
  return open;
}

// Of the layers, and of them with the embedding and the loss (sim/lower/stages.hpp).
std::vector<std::int64_t> chunk_counts(std::int64_t layers) {
  std::vector<std::int64_t> counts = divisors(layers, kLargestVpp);
  for (const std::int64_t d : divisors(layers + 2, kLargestVpp)) {
    if (std::find(counts.begin(), counts.end(), d) == counts.end()) counts.push_back(d);
  }
  std::sort(counts.begin(), counts.end());
  return counts;
}

std::int64_t most_experts(const sim::Model& model) {
  std::int64_t experts = 1;
  for (const sim::LayerKind& kind : model.towers.front().kinds) {
    experts = std::max(experts, sim::expert_count(kind.feed_forward));
  }
  return experts;
}

std::int64_t most_query_heads(const sim::Model& model) {
  std::int64_t heads = 1;
  for (const sim::LayerKind& kind : model.towers.front().kinds) {
    heads = std::max(heads, sim::heads_of(kind.attention).query);
  }
  return heads;
}

std::vector<sim::RingOrder> offered_orders(const sim::FrameworkTraits& traits) {
  std::vector<sim::RingOrder> orders{traits.ring_order};
  const auto add = [&](sim::RingOrder order, bool offered) {
    if (offered && order != traits.ring_order) orders.push_back(order);
  };
  add(sim::RingOrder::kContiguous, traits.contiguous_order);
  add(sim::RingOrder::kStriped, traits.striped_order);
  return orders;
}

std::vector<sim::KvExchange> offered_exchanges(const sim::FrameworkTraits& traits) {
  std::vector<sim::KvExchange> exchanges{traits.kv_exchange};
  if (traits.ring_point_to_point && traits.ring_all_gather) {
    exchanges.push_back(traits.kv_exchange == sim::KvExchange::kPointToPoint
                            ? sim::KvExchange::kAllGather
                            : sim::KvExchange::kPointToPoint);
  }
  return exchanges;
}

std::vector<sim::Sharding> offered_shardings(const sim::FrameworkTraits& traits) {
  std::vector<sim::Sharding> shardings;
  if (traits.optimizer_sharding) {
    shardings = {sim::Sharding::kOptimizer, sim::Sharding::kNone};
  }
  if (traits.gradient_sharding) shardings.push_back(sim::Sharding::kGradients);
  if (traits.parameter_sharding) shardings.push_back(sim::Sharding::kParameters);
  return shardings;
}

std::vector<sim::Offload> offered_offloads(const sim::FrameworkTraits& traits) {
  std::vector<sim::Offload> offloads{sim::Offload::kNone};
  if (traits.activation_offload) offloads.push_back(sim::Offload::kActivations);
  if (traits.optimizer_offload) offloads.push_back(sim::Offload::kOptimizer);
  if (traits.activation_offload && traits.optimizer_offload) {
    offloads.push_back(sim::Offload::kAll);
  }
  return offloads;
}

// Whether stages and replicas of `ranks` GPUs each are not equally far from each other, so that it
// matters which are neighbours. They are where all is one NVLink domain, and where every part of
// the cluster that has all links of its kind alike holds no two of them or all.
bool neighbours_matter(const sim::Cluster& cluster, std::int64_t ranks) {
  if (!cluster.links.empty() || !cluster.overrides.empty() || !cluster.measured.empty()) {
    return true;
  }
  const sim::Topology topology(cluster);
  const std::int64_t gpus = cluster.gpu_count();
  const auto splits = [&](std::int64_t part) {
    return part > 0 && part < gpus && ranks % part != 0;
  };
  return splits(topology.domain_gpus()) || splits(topology.leaf_gpus()) ||
         splits(cluster.nodes_per_pod * topology.gpus_per_node());
}

}  // namespace

Space::Space(const sim::Job& job, const AlsoSearch& also) : job_(&job) {
  const std::int64_t gpus = job.cluster.gpu_count();
  const sim::FrameworkTraits& traits = sim::traits_of(job.framework);
  const sim::LayoutChoice& fixed = job.layout;
  const std::int64_t heads = most_query_heads(job.model);
  const std::int64_t layers = job.model.towers.front().layer_count();
  const std::vector<std::int64_t> one{1};
  using Degrees = std::vector<std::int64_t>;
  const auto degree = [&](const std::optional<std::int64_t>& key, bool offered,
                          std::int64_t largest) -> Degrees {
    return only(key, offered ? divisors(gpus, largest) : one);
  };
  const Degrees ulysses = degree(fixed.ulysses, traits.ulysses, heads);
  const Degrees ring =
      degree(fixed.ring, traits.ring_point_to_point || traits.ring_all_gather, gpus);
  const Degrees pp = degree(fixed.pp, traits.pipeline_parallel, layers + 2);
  for (const std::int64_t t : degree(fixed.tp, traits.tensor_parallel, heads)) {
    for (const std::int64_t u : ulysses) {
      for (const std::int64_t r : ring) {
        for (const std::int64_t p : pp) {
          if (gpus % (t * u * r * p) != 0) continue;
          sim::Layout branch;
          branch.tp = t;
          branch.ulysses = u;
          branch.ring = r;
          branch.pp = p;
          branch.dp = gpus / (t * u * r * p);
          branches_.push_back(branch);
        }
      }
    }
  }
  vpp_ = only(fixed.vpp, traits.pipeline_parallel ? chunk_counts(layers) : one);
  ep_ = only(fixed.ep, traits.expert_parallel ? divisors(most_experts(job.model), gpus) : one);
  Degrees micro_batches;
  for (std::int64_t b = 1; b <= kLargestMicroBatch && b <= job.training.global_batch_size; b *= 2) {
    micro_batches.push_back(b);
  }
  micro_batch_ = only(fixed.micro_batch, micro_batches);
  ring_order_ = only(fixed.ring_order, offered_orders(traits));
  kv_exchange_ = only(fixed.kv_exchange, offered_exchanges(traits));
  std::vector<sim::Placement> placements{sim::Placement::kUlyssesInner};
  if (traits.ring_inner) placements.push_back(sim::Placement::kRingInner);
  if (traits.pipeline_inner) placements.push_back(sim::Placement::kPipelineInner);
  has_experts_ = most_experts(job.model) > 1;
  placement_ = only(fixed.placement, placements);
  std::vector<sim::Recompute> recomputes{sim::Recompute::kNone, sim::Recompute::kFull};
  if (traits.selective_recompute != sim::SelectiveRecompute::kNone)
    recomputes.push_back(sim::Recompute::kSelective);
  recompute_ = only(fixed.recompute, recomputes);
  sharding_ = only(fixed.sharding, offered_shardings(traits));
  head_groups_ = only(fixed.head_groups, also.head_groups ? Degrees{1, 2, 4, 8} : one);
  const Degrees in_node =
      job.cluster.gpus_per_node > 1 ? Degrees{1, job.cluster.gpus_per_node} : one;
  ulysses_in_node_ = only(fixed.ulysses_in_node, also.ulysses_in_node ? in_node : one);
  also_etp_ = also.etp && !fixed.etp && most_experts(job.model) > 1;
  also_mlp_chunks_ = also.mlp_chunks && !fixed.mlp_chunks && traits.tiled_mlp;
  offload_ = only(fixed.offload, also.offload && job.cluster.device.host_link.known()
                                     ? offered_offloads(traits)
                                     : std::vector{sim::Offload::kNone});
  loss_chunks_ = also.loss_chunks && !fixed.loss_chunks ? Degrees{0, 8, 32} : Degrees{0};
  // A fixed key is taken at its word, so that legality can answer it.
  shards_parameters_with_pipeline_ = traits.parameter_sharding_with_pipeline || fixed.sharding;
}

bool Space::can_matter(sim::Placement placement, const sim::Layout& layout) const {
  switch (placement) {
    case sim::Placement::kUlyssesInner:
      return true;
    case sim::Placement::kRingInner:
      return layout.ring > 1 && layout.ulysses > 1;
    case sim::Placement::kPipelineInner:
      return layout.pp > 1 && layout.dp > 1 && sim::replicas_agree(layout, has_experts_) &&
             neighbours_matter(job_->cluster, layout.tp * layout.cp());
  }
  return true;
}

// ALST's rule: parts of about h tokens (arXiv 2506.13996, section 3.1.1).
std::int64_t Space::mlp_chunks_of(const sim::Layout& layout) const {
  const std::int64_t tokens = layout.micro_batch * job_->training.sequence_length / layout.cp();
  const std::int64_t hidden = job_->model.towers.front().hidden;
  return (tokens + hidden - 1) / hidden;
}

sim::Layout with_defaults(const sim::Job& job, sim::Layout layout) {
  const sim::LayoutChoice& fixed = job.layout;
  if (fixed.dp) layout.dp = *fixed.dp;
  layout.sequence_parallel = fixed.sequence_parallel.value_or(true);
  layout.etp = fixed.etp.value_or(layout.etp);
  layout.offload = fixed.offload.value_or(sim::Offload::kNone);
  layout.ep_in_node = fixed.ep_in_node.value_or(1);
  layout.mlp_chunks = fixed.mlp_chunks.value_or(1);
  layout.loss_chunks = fixed.loss_chunks.value_or(sim::default_loss_chunks(job, layout));
  return layout;
}

}  // namespace seqspan::planner
