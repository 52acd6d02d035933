#include "sim/engine/layout_key.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

static_assert(sizeof(Layout) == 128, "a new key of the layout goes into key_of() as well");

// Puts numbers side by side into one word.
class Word {
 public:
  Word& add(std::int64_t value, unsigned bits) {
    const auto number = static_cast<std::uint64_t>(value);
    fits_ = fits_ && number < std::uint64_t{1} << bits;
    word_ = word_ << bits | number;
    return *this;
  }
  template <class Choice>
  Word& choose(Choice choice) {
    return add(static_cast<std::int64_t>(choice), 2);
  }
  [[nodiscard]] std::uint64_t value() const { return word_; }
  [[nodiscard]] bool fits() const { return fits_; }

 private:
  std::uint64_t word_ = 0;
  bool fits_ = true;
};

}  // namespace

std::optional<LayoutKey> key_of(const Layout& layout) {
  const Word replicas =
      Word().add(layout.dp, 24).add(layout.mlp_chunks, 24).add(layout.micro_batch, 16);
  const Word ranks = Word()
                         .add(layout.ring, 20)
                         .add(layout.tp, 16)
                         .add(layout.ulysses, 16)
                         .choose(layout.ring_order)
                         .choose(layout.kv_exchange)
                         .choose(layout.recompute)
                         .choose(layout.sharding)
                         .choose(layout.offload)
                         .add(layout.sequence_parallel ? 1 : 0, 1);
  const Word stages =
      Word().add(layout.pp, 16).add(layout.vpp, 16).add(layout.ep, 16).add(layout.etp, 16);
  const Word parts = Word()
                         .add(layout.ulysses_in_node, 16)
                         .add(layout.ep_in_node, 16)
                         .add(layout.loss_chunks, 16)
                         .add(layout.head_groups, 14)
                         .choose(layout.placement);
  if (!replicas.fits() || !ranks.fits() || !stages.fits() || !parts.fits()) return std::nullopt;
  return LayoutKey{{replicas.value(), ranks.value(), stages.value(), parts.value()}};
}

Layout same_blocks(const Layout& layout) {
  Layout same = layout;
  same.vpp = 1;
  same.pp = std::min<std::int64_t>(layout.pp, 2);
  same.placement = Placement::kUlyssesInner;
  if (layout.sharding == Sharding::kNone || layout.sharding == Sharding::kOptimizer) {
    same.sharding = Sharding::kOptimizer;
    const bool shares = layout.dp * layout.cp() > 1;
    const bool shares_experts = layout.expert_data_parallel() > 1;
    same.dp = (shares ? 1 : 0) + (shares_experts ? 2 : 0);
  }
  return same;
}

Layout same_standing(const Layout& layout) {
  Layout same;
  same.tp = layout.tp;
  same.sequence_parallel = layout.sequence_parallel;
  same.ring = layout.cp();
  same.pp = std::min<std::int64_t>(layout.pp, 2);
  same.ep = layout.ep;
  same.etp = layout.etp;
  same.ep_in_node = layout.ep_in_node;
  same.dp = layout.dp;
  same.sharding = layout.sharding;
  same.offload = layout.offload;
  return same;
}

}  // namespace seqspan::sim
