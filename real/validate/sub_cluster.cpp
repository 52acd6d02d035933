#include "real/validate/sub_cluster.hpp"

#include <algorithm>
#include <numeric>

#include "sim/layout/legality.hpp"
#include "sim/network/rank_order.hpp"

namespace seqspan::real {
namespace {

using sim::Axis;

constexpr std::int64_t kMostSmallHeads = 64;

// The largest divisor of `value` that is at most `most`.
std::int64_t largest_divisor(std::int64_t value, std::int64_t most) {
  for (std::int64_t divisor = std::min(value, most); divisor > 1; --divisor) {
    if (value % divisor == 0) return divisor;
  }
  return 1;
}

}  // namespace

sim::Cluster cluster_at_hand(const sim::Cluster& cluster, std::int64_t ranks, std::int64_t hosts) {
  const std::int64_t per_host = ranks / hosts;
  const bool fits_one_node = hosts == 1 && ranks <= cluster.gpus_per_node;
  const bool fills_nodes = per_host == cluster.gpus_per_node && hosts <= cluster.nodes;
  if (fits_one_node || fills_nodes || !cluster.links.empty()) return cluster;
  sim::Cluster at_hand = cluster;
  at_hand.nodes = hosts;
  at_hand.gpus_per_node = per_host;
  at_hand.nvlink_domain = per_host;
  at_hand.nics_per_node =
      std::max<std::int64_t>(1, cluster.nics_per_node * per_host / cluster.gpus_per_node);
  at_hand.overrides.clear();
  at_hand.rails = false;
  return at_hand;
}

std::optional<sim::Layout> layout_of_axis(Axis axis, const sim::Layout& plan, std::int64_t ranks) {
  const sim::GroupShape planned = sim::group_shape(axis, plan);
  const std::int64_t size = std::gcd(planned.size, ranks);
  if (size == 1) return std::nullopt;
  const std::int64_t stride = largest_divisor(ranks / size, planned.stride);
  const std::int64_t rest = ranks / (size * stride);
  sim::Layout layout;
  layout.tp = stride;
  layout.etp = stride;
  layout.dp = rest;
  switch (axis) {
    case Axis::kTensor:
    case Axis::kExpertTensor:
      layout.tp = size;
      layout.etp = size;
      break;
    case Axis::kUlysses:
    case Axis::kUlyssesInNode:
    case Axis::kUlyssesAcross:
      layout.ulysses = size;
      break;
    case Axis::kRing:
      layout.ring = size;
      break;
    case Axis::kPipeline:
      layout.pp = size;
      break;
    case Axis::kShard:
      layout.dp = size * rest;
      break;
    case Axis::kExpert:
    case Axis::kExpertInNode:
    case Axis::kExpertAcross:
    case Axis::kExpertShard:
      layout.dp = size * rest;
      layout.ep = axis == Axis::kExpertShard ? rest : size;
      break;
  }
  return layout;
}

sim::Layout layout_for_numbers(const sim::Layout& plan, std::int64_t ranks) {
  sim::Layout layout = plan;
  layout.pp = 1;
  layout.vpp = 1;
  layout.ep = 1;
  layout.ep_in_node = 1;
  layout.loss_chunks = 1;
  layout.head_groups = 1;  // kernels attend with all heads at once
  // The method first: context parallel degrees, then tensor parallelism.
  layout.ulysses = std::gcd(plan.ulysses, ranks);
  layout.ring = std::gcd(plan.ring, ranks / layout.ulysses);
  layout.tp = std::gcd(plan.tp, ranks / (layout.ulysses * layout.ring));
  layout.etp = 1;  // the feed-forward is dense
  layout.dp = ranks / (layout.ulysses * layout.ring * layout.tp);
  layout.ulysses_in_node = std::gcd(plan.ulysses_in_node, layout.ulysses);
  if (layout.ulysses_in_node == layout.ulysses) layout.ulysses_in_node = 1;
  layout.micro_batch = std::min<std::int64_t>(plan.micro_batch, 2);
  return layout;
}

std::optional<sim::Job> small_job(const sim::Job& job, const sim::Layout& layout) {
  sim::Job small = job;
  small.cluster.nodes = 1;
  small.cluster.gpus_per_node = layout.world();
  small.training.global_batch_size = layout.dp * layout.micro_batch;
  small.training.linear_precision = sim::LinearPrecision::kBFloat16;
  small.training.sequence_length = 4 * 2 * layout.cp() * layout.tp;
  small.model.vocabulary = 128 * layout.tp;
  sim::Tower& tower = small.model.towers.front();
  tower.hidden = 32;
  tower.kinds = {tower.kinds.front()};
  tower.runs = {{0, 1}};
  tower.kinds.front().feed_forward = sim::DenseFeedForward{8 * layout.tp, false};
  auto* attention = std::get_if<sim::FullAttention>(&tower.kinds.front().attention);
  if (attention == nullptr || attention->kv_heads == 0) return std::nullopt;
  // What has no kernels on the host.
  if (!attention->rotary || small.training.dropout > 0 || !layout.sequence_parallel ||
      small.training.attention_kernel != sim::AttentionKernel::kFlash) {
    return std::nullopt;
  }
  const std::int64_t per_group = attention->query_heads / attention->kv_heads;
  attention->head_dim = 8;
  for (std::int64_t kv_heads = 1; kv_heads * per_group <= kMostSmallHeads; ++kv_heads) {
    attention->kv_heads = kv_heads;
    attention->query_heads = kv_heads * per_group;
    if (!sim::broken_rule(small, layout)) return small;
  }
  return std::nullopt;
}

}  // namespace seqspan::real
