#include "sim/network/rank_order.hpp"

namespace seqspan::sim {

GroupShape group_shape(Axis axis, const Layout& layout) {
  const bool ulysses_inner = layout.placement == Placement::kUlyssesInner;
  switch (axis) {
    case Axis::kTensor:
      return {layout.tp, 1};
    case Axis::kUlysses:
      return {layout.ulysses, ulysses_inner ? layout.tp : layout.tp * layout.ring};
    case Axis::kRing:
      return {layout.ring, ulysses_inner ? layout.tp * layout.ulysses : layout.tp};
    case Axis::kExpert:
      return {layout.ep, layout.etp};
    case Axis::kExpertTensor:
      return {layout.etp, 1};
    case Axis::kPipeline:
      return {layout.pp, layout.tp * layout.cp() * layout.dp};
    case Axis::kShard:
      return {layout.cp() * layout.dp, layout.tp};
    case Axis::kExpertShard:
      return {layout.expert_data_parallel(), layout.etp * layout.ep};
  }
  return {};
}

}  // namespace seqspan::sim
