// Every method on every way in which it fits the ranks at hand, with shapes drawn at random.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/framework.hpp"
#include "sim/spec/job.hpp"
#include "sim/spec/layout_text.hpp"

namespace seqspan::real {

struct LayoutUnderTest {
  sim::Job job;
  sim::Layout layout;
  std::vector<std::int64_t> documents;
  std::string name;
};

// A model of one small dense layer. Heads divide among t x u, tokens among 2 c t.
inline sim::Job draw_job(sim::Framework framework, const sim::Layout& layout,
                         std::mt19937& random) {
  const auto draw = [&random](std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random);
  };
  sim::FullAttention attention;
  const std::int64_t degree = layout.tp * layout.ulysses;
  // MHA, or groups of 2 or 3 queries; sometimes fewer KV heads than ranks, down to one: then a
  // rank's columns of QKV may end inside a head.
  const std::int64_t group = draw(1, 3);
  attention.kv_heads = degree * draw(1, 2);
  if (draw(0, 2) == 0) attention.kv_heads = std::max<std::int64_t>(1, degree >> draw(1, 3));
  attention.query_heads = attention.kv_heads * group;
  while (attention.query_heads % degree != 0) attention.query_heads *= 2;
  // From 4 on: QK-norm of two numbers that are both near 0 magnifies the rounding of float32.
  attention.head_dim = 2 * draw(2, 4);
  attention.qk_norm = draw(0, 3) == 0;
  sim::Job job;
  job.name = "small";
  job.framework = framework;
  job.model.name = "small";
  job.model.vocabulary = 128 * layout.tp;
  sim::Tower tower;
  tower.name = "text";
  tower.hidden = 8 * draw(1, 3);
  tower.kinds = {{attention, sim::DenseFeedForward{layout.tp * draw(2, 6), false}}};
  tower.runs = {{0, 1}};
  job.model.towers = {tower};
  job.model.max_positions = 1 << 20;
  job.training.sequence_length = 2 * layout.cp() * layout.tp * draw(1, 3);
  job.training.global_batch_size = layout.dp * layout.micro_batch;
  job.cluster.nodes = 1;
  job.cluster.gpus_per_node = layout.world();
  const sim::BytesPerSecond rate(1e9);
  job.cluster.device.host_link = {rate, rate, rate, rate, rate};
  return job;
}

inline std::vector<LayoutUnderTest> layouts_for(std::int64_t ranks, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<LayoutUnderTest> cases;
  const auto add_to = [&](sim::Framework framework) {
    return [&cases, &random, framework](sim::Layout layout, bool overlap = false) {
      LayoutUnderTest one{draw_job(framework, layout, random), layout, {}, {}};
      one.job.training.overlap_offload = overlap;
      if (sim::broken_rule(one.job, layout)) return;
      if (random() % 2 == 0) {
        const auto first = static_cast<std::int64_t>(
            random() % static_cast<unsigned>(one.job.training.sequence_length));
        one.documents = {first, 1};
      }
      const auto& attention =
          std::get<sim::FullAttention>(one.job.model.towers.front().kinds.front().attention);
      one.name = std::string(sim::name_of(framework)) + " " + sim::to_string(layout) +
                 " s=" + std::to_string(one.job.training.sequence_length) +
                 " a=" + std::to_string(attention.query_heads) +
                 " g=" + std::to_string(attention.kv_heads) +
                 " d=" + std::to_string(attention.head_dim) + (attention.qk_norm ? " qk" : "") +
                 (one.documents.empty() ? "" : " documents") + (overlap ? " overlapped" : "");
      cases.push_back(std::move(one));
    };
  };
  for (const sim::Framework framework : {sim::Framework::kMegatron, sim::Framework::kDeepSpeed,
                                         sim::Framework::kYunchang, sim::Framework::kTorchTitan}) {
    const auto add = add_to(framework);
    for (std::int64_t tp = 1; tp <= ranks; tp *= 2) {
      for (std::int64_t u = 1; tp * u <= ranks; u *= 2) {
        for (std::int64_t r = 1; tp * u * r <= ranks; r *= 2) {
          sim::Layout layout;
          layout.tp = tp;
          layout.ulysses = u;
          layout.ring = r;
          layout.dp = ranks / (tp * u * r);
          layout.micro_batch = 1 + static_cast<std::int64_t>(random() % 2);
          layout.sharding = static_cast<sim::Sharding>(random() % 4);
          layout.recompute = static_cast<sim::Recompute>(random() % 3);
          // torchtitan's policy is refused (TorchtitansPolicyIsRefused).
          if (framework == sim::Framework::kTorchTitan &&
              layout.recompute == sim::Recompute::kSelective) {
            layout.recompute = sim::Recompute::kFull;
          }
          for (const auto order :
               {sim::RingOrder::kZigzag, sim::RingOrder::kContiguous, sim::RingOrder::kStriped}) {
            if (r == 1 && order != sim::RingOrder::kZigzag) continue;
            for (const auto exchange :
                 {sim::KvExchange::kPointToPoint, sim::KvExchange::kAllGather}) {
              if (r == 1 && exchange != sim::KvExchange::kPointToPoint) continue;
              for (const auto placement :
                   {sim::Placement::kUlyssesInner, sim::Placement::kRingInner}) {
                if ((u == 1 || r == 1) && placement != sim::Placement::kUlyssesInner) continue;
                layout.ring_order = order;
                layout.kv_exchange = exchange;
                layout.placement = placement;
                add(layout);
              }
            }
          }
          if (u == 4) {
            layout.ulysses_in_node = 2;
            layout.ring_order = sim::RingOrder::kZigzag;
            layout.kv_exchange = sim::KvExchange::kPointToPoint;
            layout.placement = sim::Placement::kUlyssesInner;
            add(layout);
          }
        }
      }
    }
  }
  // Layer inputs in host memory.
  for (std::int64_t u = 1; u <= ranks; u *= 2) {
    sim::Layout layout;
    layout.ulysses = u;
    layout.dp = ranks / u;
    layout.sharding = static_cast<sim::Sharding>(random() % 4);
    layout.recompute = sim::Recompute::kFull;
    layout.offload = sim::Offload::kActivations;
    for (const bool overlap : {false, true}) add_to(sim::Framework::kDeepSpeed)(layout, overlap);
  }
  return cases;
}

}  // namespace seqspan::real
