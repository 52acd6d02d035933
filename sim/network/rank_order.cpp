#include "sim/network/rank_order.hpp"

namespace seqspan::sim {

namespace {

// The second step of a hierarchical all-to-all; none of a direct one.
GroupShape across(std::int64_t size, std::int64_t in_node, std::int64_t stride) {
  if (in_node == 1) return {1, stride};
  return {size / in_node, stride * in_node};
}

// Runs of `ranks` at `stride`, of which `replicas` lie `replica_stride` apart.
GroupShape product(std::int64_t ranks, std::int64_t stride, std::int64_t replicas,
                   std::int64_t replica_stride) {
  if (replicas == 1) return {ranks, stride};
  if (ranks == 1) return {replicas, replica_stride};
  if (replica_stride == ranks * stride) return {ranks * replicas, stride};
  return {ranks * replicas, stride, replicas, replica_stride};
}

}  // namespace

GroupShape group_shape(Axis axis, const Layout& layout) {
  const bool ulysses_inner = layout.placement != Placement::kRingInner;
  const bool pipeline_inner = layout.placement == Placement::kPipelineInner;
  const std::int64_t ulysses_stride = ulysses_inner ? layout.tp : layout.tp * layout.ring;
  switch (axis) {
    case Axis::kTensor:
      return {layout.tp, 1};
    case Axis::kUlysses:
      return {layout.ulysses, ulysses_stride};
    case Axis::kRing:
      return {layout.ring, ulysses_inner ? layout.tp * layout.ulysses : layout.tp};
    case Axis::kExpert:
      return {layout.ep, layout.etp};
    case Axis::kExpertTensor:
      return {layout.etp, 1};
    case Axis::kPipeline:
      return {layout.pp, layout.tp * layout.cp() * (pipeline_inner ? 1 : layout.dp)};
    case Axis::kShard:
      return product(layout.cp(), layout.tp, layout.dp,
                     layout.tp * layout.cp() * (pipeline_inner ? layout.pp : 1));
    case Axis::kUlyssesInNode:
      return {layout.ulysses_in_node, ulysses_stride};
    case Axis::kUlyssesAcross:
      return across(layout.ulysses, layout.ulysses_in_node, ulysses_stride);
    case Axis::kExpertInNode:
      return {layout.ep_in_node, layout.etp};
    case Axis::kExpertAcross:
      return across(layout.ep, layout.ep_in_node, layout.etp);
    case Axis::kExpertShard:
      return {layout.expert_data_parallel(),
              layout.etp * layout.ep * (pipeline_inner ? layout.pp : 1)};
  }
  return {};
}

bool replicas_agree(const Layout& layout, bool has_experts) {
  return has_experts ? layout.etp * layout.ep == layout.tp * layout.cp() : layout.cp() == 1;
}

}  // namespace seqspan::sim
