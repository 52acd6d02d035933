// The layouts that a job leaves open.
//
// Degrees run over the divisors of the GPU count (expert parallelism: of the experts),
// micro-batches over powers of two up to 16, vpp over the divisors of the layers of a stage up
// to 8. Choices that the framework does not offer are left out; arithmetic that does not come out
// is left to legality, so that the plan can say why. A choice that cannot matter is taken once: the
// order and exchange of a ring of one, the placement of a single context parallel group.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::planner {

// What is searched only where it is asked for: no framework has it built in.
struct AlsoSearch {
  bool head_groups = false;  // Ulysses in 1, 2, 4 or 8 groups of heads
  bool ulysses_in_node =
      false;  // its all-to-alls in one step, or in two with those of a node first

  bool operator==(const AlsoSearch&) const = default;
};

class Space {
 public:
  explicit Space(const sim::Job& job, const AlsoSearch& also = {});

  // Layouts of the same tp, ulysses, ring and pp; dp is what they leave of the cluster.
  [[nodiscard]] const std::vector<sim::Layout>& branches() const { return branches_; }
  // Calls visit(layout) for every layout of a branch, always in the same order; of all branches.
  template <class Visit>
  void for_each_of(const sim::Layout& branch, Visit visit) const {
    for_each_choice(branch, visit);
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const sim::Layout& branch : branches_) for_each_choice(branch, visit);
  }

 private:
  template <class Visit>
  void for_each_choice(sim::Layout layout, const Visit& visit) const;
  // How Ulysses sends, in place of the layout's own.
  template <class Visit>
  void for_each_way(sim::Layout layout, const Visit& visit) const;

  std::vector<sim::Layout> branches_;
  std::vector<std::int64_t> vpp_, ep_, micro_batch_, head_groups_, ulysses_in_node_;
  std::vector<sim::RingOrder> ring_order_;
  std::vector<sim::KvExchange> kv_exchange_;
  std::vector<sim::Placement> placement_;
  std::vector<sim::Recompute> recompute_;
  std::vector<sim::Sharding> sharding_;
  bool shards_parameters_with_pipeline_ = false;
  const sim::Job* job_;
};

// What does not depend on the degrees: etp, offload, dp where fixed, loss chunks.
[[nodiscard]] sim::Layout with_defaults(const sim::Job& job, sim::Layout layout);

template <class Visit>
void Space::for_each_way(sim::Layout layout, const Visit& visit) const {
  const std::size_t groups =
      layout.ulysses > 1 && layout.ring == 1 ? head_groups_.size() : std::size_t{1};
  const std::size_t steps = layout.ulysses > 1 ? ulysses_in_node_.size() : std::size_t{1};
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t s = 0; s < steps; ++s) {
      layout.head_groups = head_groups_[g];
      layout.ulysses_in_node = ulysses_in_node_[s];
      visit(layout);
    }
  }
}

template <class Visit>
void Space::for_each_choice(sim::Layout layout, const Visit& visit) const {
  const bool has_ring = layout.ring > 1;
  const bool has_both = has_ring && layout.ulysses > 1;
  const auto only_first = [](const auto& values, bool all) { return all ? values.size() : 1; };
  // All-gather of keys and values goes with Ulysses in no framework (legality:
  // kv_all_gather_unsupported).
  const bool open_exchange = has_ring && !has_both;
  for (const std::int64_t vpp : vpp_) {
    if (vpp > 1 && layout.pp == 1) break;
    for (const std::int64_t ep : ep_) {
      for (const std::int64_t micro_batch : micro_batch_) {
        layout.vpp = vpp;
        layout.ep = ep;
        layout.micro_batch = micro_batch;
        for (std::size_t o = 0; o < only_first(ring_order_, has_ring); ++o) {
          for (std::size_t e = 0; e < only_first(kv_exchange_, open_exchange); ++e) {
            for (std::size_t p = 0; p < only_first(placement_, has_both); ++p) {
              layout.ring_order = ring_order_[o];
              layout.kv_exchange = kv_exchange_[e];
              layout.placement = placement_[p];
              for (const sim::Recompute recompute : recompute_) {
                for (const sim::Sharding sharding : sharding_) {
                  if (layout.pp > 1 && sharding == sim::Sharding::kParameters &&
                      !shards_parameters_with_pipeline_) {
                    continue;
                  }
                  layout.recompute = recompute;
                  layout.sharding = sharding;
                  for_each_way(with_defaults(*job_, layout), visit);
                }
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace seqspan::planner
