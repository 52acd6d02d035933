// The layouts that a job leaves open.
//
// Degrees run over the divisors of the GPU count (expert parallelism: of the experts),
// micro-batches over powers of two up to 16, vpp over the divisors up to 8 of the layers, and
// of the layers + 2. Choices that the framework does not offer are left out; arithmetic that does
// not come out is left to legality, so that the plan can say why. A choice that cannot matter is
// taken once: the order and exchange of a ring of one, the placement of a single context parallel
// group. So are stages inside replicas: where experts allow it (sim::replicas_agree), there are
// stages and replicas, and these are not equally far apart either way.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/spec/job.hpp"
#include "sim/spec/layout.hpp"

namespace seqspan::planner {

// What is searched only where it is asked for. Each multiplies the space; the first two no
// framework has built in, the others have a price that not everybody wants to pay.
struct AlsoSearch {
  bool head_groups = false;      // Ulysses in 1, 2, 4 or 8 groups of heads
  bool ulysses_in_node = false;  // its all-to-alls in one step, or two, those of a node first
  bool etp = false;              // experts' own tensor parallel degree: 1 or tp
  bool offload = false;          // what the framework moves to the host, where the link is known
  bool mlp_chunks = false;       // dense feed-forwards at once, or in parts of h tokens (ALST)
  bool loss_chunks = false;      // the loss as the framework has it, or in 8 or 32 parts

  bool operator==(const AlsoSearch&) const = default;
};

// Their names are those of the layout's keys.
struct AlsoKey {
  const char* name;
  bool AlsoSearch::*member;
};
inline constexpr std::array kAlsoKeys = {AlsoKey{"head_groups", &AlsoSearch::head_groups},
                                         AlsoKey{"ulysses_in_node", &AlsoSearch::ulysses_in_node},
                                         AlsoKey{"etp", &AlsoSearch::etp},
                                         AlsoKey{"offload", &AlsoSearch::offload},
                                         AlsoKey{"mlp_chunks", &AlsoSearch::mlp_chunks},
                                         AlsoKey{"loss_chunks", &AlsoSearch::loss_chunks}};

// Chunks per stage that are enumerated; a job may fix more.
inline constexpr std::int64_t kLargestVpp = 8;

class Space {
 public:
  explicit Space(const sim::Job& job, const AlsoSearch& also = {});

  // Layouts of the same tp, ulysses, ring and pp; dp is what they leave of the cluster.
  [[nodiscard]] const std::vector<sim::Layout>& branches() const { return branches_; }
  // Calls visit(layout) for every layout of a branch, always in the same order; of all branches.
  template <class Visit>
  void for_each_of(const sim::Layout& branch, Visit visit) const {
    for_each_grid(branch, visit);
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const sim::Layout& branch : branches_) for_each_grid(branch, visit);
  }

 private:
  // Each fills in some keys and hands the layout to the next. What changes last costs least:
  // layouts that differ in vpp alone are evaluated without being lowered again (Simulator).
  template <class Visit>
  void for_each_grid(sim::Layout layout, const Visit& visit) const;  // ep, etp, micro_batch
  template <class Visit>
  void for_each_exchange(sim::Layout layout, const Visit& visit) const;  // of the ring, placement
  template <class Visit>
  void for_each_state(sim::Layout layout, const Visit& visit) const;  // recompute, sharding
  template <class Visit>
  void for_each_part(sim::Layout layout, const Visit& visit) const;  // offload, chunks
  template <class Visit>
  void for_each_way(sim::Layout layout, const Visit& visit) const;  // Ulysses sends; vpp
  [[nodiscard]] std::int64_t mlp_chunks_of(const sim::Layout& layout) const;
  [[nodiscard]] bool can_matter(sim::Placement placement, const sim::Layout& layout) const;

  std::vector<sim::Layout> branches_;
  std::vector<std::int64_t> vpp_, ep_, micro_batch_, head_groups_, ulysses_in_node_;
  std::vector<sim::RingOrder> ring_order_;
  std::vector<sim::KvExchange> kv_exchange_;
  std::vector<sim::Placement> placement_;
  std::vector<sim::Recompute> recompute_;
  std::vector<sim::Sharding> sharding_;
  std::vector<sim::Offload> offload_;
  std::vector<std::int64_t> loss_chunks_;  // 0: the default
  bool has_experts_ = false;
  bool also_etp_ = false;
  bool also_mlp_chunks_ = false;
  bool shards_parameters_with_pipeline_ = false;
  const sim::Job* job_;
};

// What does not depend on the degrees: offload, dp where fixed, loss chunks.
[[nodiscard]] sim::Layout with_defaults(const sim::Job& job, sim::Layout layout);

template <class Visit>
void Space::for_each_grid(sim::Layout layout, const Visit& visit) const {
  const bool both = also_etp_ && layout.tp > 1;
  for (const std::int64_t ep : ep_) {
    for (const std::int64_t etp : {std::int64_t{1}, layout.tp}) {
      for (const std::int64_t micro_batch : micro_batch_) {
        layout.ep = ep;
        layout.etp = job_->layout.etp.value_or(etp);
        layout.micro_batch = micro_batch;
        for_each_exchange(layout, visit);
      }
      if (!both) break;
    }
  }
}

template <class Visit>
void Space::for_each_exchange(sim::Layout layout, const Visit& visit) const {
  const bool has_ring = layout.ring > 1;
  const bool has_both = has_ring && layout.ulysses > 1;
  const bool is_fixed = placement_.size() == 1;
  const auto only_first = [](const auto& values, bool all) { return all ? values.size() : 1; };
  // All-gather of keys and values goes with Ulysses in no framework (legality:
  // kv_all_gather_unsupported).
  const bool open_exchange = has_ring && !has_both;
  for (std::size_t o = 0; o < only_first(ring_order_, has_ring); ++o) {
    for (std::size_t e = 0; e < only_first(kv_exchange_, open_exchange); ++e) {
      for (const sim::Placement placement : placement_) {
        if (!is_fixed && !can_matter(placement, layout)) continue;
        layout.ring_order = ring_order_[o];
        layout.kv_exchange = kv_exchange_[e];
        layout.placement = placement;
        for_each_state(layout, visit);
      }
    }
  }
}

template <class Visit>
void Space::for_each_state(sim::Layout layout, const Visit& visit) const {
  for (const sim::Recompute recompute : recompute_) {
    for (const sim::Sharding sharding : sharding_) {
      if (layout.pp > 1 && sharding == sim::Sharding::kParameters &&
          !shards_parameters_with_pipeline_) {
        continue;
      }
      layout.recompute = recompute;
      layout.sharding = sharding;
      for_each_part(with_defaults(*job_, layout), visit);
    }
  }
}

template <class Visit>
void Space::for_each_part(sim::Layout layout, const Visit& visit) const {
  const std::int64_t usual_chunks = layout.loss_chunks;
  for (const sim::Offload offload : offload_) {
    layout.offload = offload;
    for (const std::int64_t chunks : loss_chunks_) {
      if (chunks == usual_chunks) continue;
      layout.loss_chunks = chunks == 0 ? usual_chunks : chunks;
      for_each_way(layout, visit);
      if (!also_mlp_chunks_ || mlp_chunks_of(layout) == 1) continue;
      sim::Layout tiled = layout;
      tiled.mlp_chunks = mlp_chunks_of(layout);
      for_each_way(tiled, visit);
    }
  }
}

template <class Visit>
void Space::for_each_way(sim::Layout layout, const Visit& visit) const {
  const std::size_t groups =
      layout.ulysses > 1 && layout.ring == 1 ? head_groups_.size() : std::size_t{1};
  const std::size_t steps = layout.ulysses > 1 ? ulysses_in_node_.size() : std::size_t{1};
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t s = 0; s < steps; ++s) {
      layout.head_groups = head_groups_[g];
      layout.ulysses_in_node = ulysses_in_node_[s];
      for (const std::int64_t vpp : vpp_) {
        if (vpp > 1 && layout.pp == 1) break;
        layout.vpp = vpp;
        visit(layout);
      }
    }
  }
}

}  // namespace seqspan::planner
