// Every layout of a job by plain loops over every key's values, without the planner's enumeration,
// its bounds or its ranking.
#pragma once

#include <set>
#include <vector>

#include "planner/objective.hpp"
#include "planner/space.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/lower/framework_traits.hpp"

namespace seqspan::tests {

// The keys that are searched only where asked for.
template <class Visit>
void for_each_extra(const sim::Job& job, sim::Layout layout, const planner::AlsoSearch& also,
                    const Visit& visit) {
  if (also == planner::AlsoSearch{}) {
    if (!sim::broken_rule(job, layout)) visit(layout);
    return;
  }
  const std::int64_t tokens = layout.micro_batch * job.training.sequence_length / layout.cp();
  const std::int64_t hidden = job.model.towers.front().hidden;
  using Values = std::set<std::int64_t>;
  const auto values = [](bool asked, const Values& all) {
    return asked ? all : Values{*all.begin()};
  };
  const Values loss_chunks =
      also.loss_chunks ? Values{layout.loss_chunks, 8, 32} : Values{layout.loss_chunks};
  const Values offloads = values(also.offload, {0, 1, 2, 3});
  for (const std::int64_t groups : values(also.head_groups, {1, 2, 4, 8}))
    for (const std::int64_t in_node :
         values(also.ulysses_in_node && layout.ulysses > 1, {1, job.cluster.gpus_per_node}))
      for (const std::int64_t etp : values(also.etp, {1, layout.tp}))
        for (const std::int64_t offload : offloads)
          for (const std::int64_t chunks : loss_chunks)
            for (const std::int64_t tiles :
                 values(also.mlp_chunks, {1, (tokens + hidden - 1) / hidden})) {
              layout.head_groups = groups;
              layout.ulysses_in_node = in_node;
              layout.etp = etp;
              layout.offload = static_cast<sim::Offload>(offload);
              layout.loss_chunks = chunks;
              layout.mlp_chunks = tiles;
              if (!sim::broken_rule(job, layout)) visit(layout);
            }
}

// Stages inside replicas are another way to place a layout where there are stages and replicas, and
// some NVLink domain, leaf or pod that is not the whole cluster holds no whole number of times what
// one stage of a replica takes: some are nearer to each other than others. So are they wherever
// the description is not the whole truth.
inline bool has_pipeline_inner(const sim::Job& job, const sim::Layout& layout) {
  if (layout.pp == 1 || layout.dp == 1) return false;
  const sim::Cluster& cluster = job.cluster;
  if (!cluster.links.empty() || !cluster.overrides.empty() || !cluster.measured.empty())
    return true;
  const std::int64_t domain =
      cluster.nvlink_domain > 0 ? cluster.nvlink_domain : cluster.gpus_per_node;
  for (const std::int64_t part : {domain, cluster.nodes_per_leaf * cluster.gpus_per_node,
                                  cluster.nodes_per_pod * cluster.gpus_per_node}) {
    if (part > 0 && part < layout.world() && layout.tp * layout.cp() % part != 0) return true;
  }
  return false;
}

// Calls visit(layout) for what is legal, once: what has no meaning (the order of a ring of one) has
// the framework's value. Keys that the job fixes have their value only.
template <class Visit>
void for_each_legal_layout(const sim::Job& job, Visit visit, const planner::AlsoSearch& also = {}) {
  const sim::LayoutChoice& fixed = job.layout;
  const sim::FrameworkTraits& traits = sim::traits_of(job.framework);
  const auto open = [](const auto& key, auto value) { return !key || *key == value; };
  const std::int64_t gpus = job.cluster.gpu_count();
  const auto choose = [&](sim::Layout layout) {
    for (const auto order :
         {sim::RingOrder::kZigzag, sim::RingOrder::kContiguous, sim::RingOrder::kStriped})
      for (const auto exchange : {sim::KvExchange::kPointToPoint, sim::KvExchange::kAllGather})
        for (const auto placement : {sim::Placement::kUlyssesInner, sim::Placement::kRingInner,
                                     sim::Placement::kPipelineInner})
          for (const auto recompute :
               {sim::Recompute::kNone, sim::Recompute::kSelective, sim::Recompute::kFull})
            for (const auto sharding : {sim::Sharding::kNone, sim::Sharding::kOptimizer,
                                        sim::Sharding::kGradients, sim::Sharding::kParameters}) {
              if (!open(fixed.ring_order, order) || !open(fixed.kv_exchange, exchange) ||
                  !open(fixed.placement, placement) || !open(fixed.recompute, recompute) ||
                  !open(fixed.sharding, sharding)) {
                continue;
              }
              const bool has_both = layout.ring > 1 && layout.ulysses > 1;
              const bool has_no_meaning =
                  (layout.ring == 1 &&
                   (order != traits.ring_order || exchange != traits.kv_exchange)) ||
                  (has_both && exchange != traits.kv_exchange) ||
                  (!has_both && placement == sim::Placement::kRingInner) ||
                  (placement == sim::Placement::kPipelineInner && !has_pipeline_inner(job, layout));
              if (has_no_meaning) continue;
              layout.ring_order = order;
              layout.kv_exchange = exchange;
              layout.placement = placement;
              layout.recompute = recompute;
              layout.sharding = sharding;
              layout.loss_chunks = sim::default_loss_chunks(job, layout);
              for_each_extra(job, layout, also, visit);
            }
  };
  for (std::int64_t tp = 1; tp <= gpus; ++tp)
    for (std::int64_t ulysses = 1; ulysses <= gpus; ++ulysses)
      for (std::int64_t ring = 1; ring <= gpus; ++ring)
        for (std::int64_t pp = 1; pp <= gpus; ++pp) {
          if (gpus % (tp * ulysses * ring * pp) != 0) continue;
          if (!open(fixed.tp, tp) || !open(fixed.ulysses, ulysses) || !open(fixed.ring, ring) ||
              !open(fixed.pp, pp)) {
            continue;
          }
          for (std::int64_t vpp = 1; vpp <= 8; ++vpp)
            for (std::int64_t ep = 1; ep <= gpus; ++ep)
              for (std::int64_t micro_batch = 1; micro_batch <= 16; micro_batch *= 2) {
                if (!open(fixed.vpp, vpp) || !open(fixed.ep, ep) ||
                    !open(fixed.micro_batch, micro_batch)) {
                  continue;
                }
                sim::Layout layout;
                layout.tp = tp;
                layout.ulysses = ulysses;
                layout.ring = ring;
                layout.pp = pp;
                layout.vpp = vpp;
                layout.ep = ep;
                layout.dp = gpus / (tp * ulysses * ring * pp);
                layout.micro_batch = micro_batch;
                choose(layout);
              }
        }
}

// Those that fit, with their numbers.
inline std::vector<planner::Candidate> brute_force(const sim::Job& job,
                                                   const planner::AlsoSearch& also = {}) {
  std::vector<planner::Candidate> fitting;
  sim::Simulator simulator(job);
  for_each_legal_layout(
      job,
      [&](const sim::Layout& layout) {
        const sim::Evaluation evaluation = simulator.evaluate(layout);
        if (evaluation.fits) fitting.push_back({layout, evaluation});
      },
      also);
  return fitting;
}

}  // namespace seqspan::tests
