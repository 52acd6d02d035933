#include "tests/real/oracle/plan.hpp"

#include "tests/real/oracle/all_gather.hpp"
#include "tests/real/oracle/local.hpp"
#include "tests/real/oracle/ring_flash.hpp"
#include "tests/real/oracle/ring_transformer_engine.hpp"
#include "tests/real/oracle/ulysses.hpp"

namespace seqspan::oracle {
namespace {

std::unique_ptr<Attention> make_core(const Plan& plan, const Grid& grid, Setting setting) {
  if (grid.degrees.ring == 1) return std::make_unique<LocalAttention>(std::move(setting));
  if (plan.gathers_keys) return std::make_unique<AllGatherAttention>(std::move(setting), grid.ring);
  if (plan.family == Family::kYunchang) {
    return std::make_unique<FlashRing>(std::move(setting), grid.ring, plan.order);
  }
  return std::make_unique<TransformerEngineRing>(std::move(setting), grid.ring);
}

const char* name_of(Order order) {
  switch (order) {
    case Order::kContiguous:
      return "contiguous";
    case Order::kZigzag:
      return "zigzag";
    case Order::kStriped:
      return "striped";
  }
  return "";
}

}  // namespace

std::string name_of(const Plan& plan) {
  const Degrees& degrees = plan.degrees;
  std::string name = plan.family == Family::kYunchang    ? "yunchang"
                     : plan.family == Family::kDeepSpeed ? "deepspeed"
                                                         : "transformer engine";
  name += " t=" + std::to_string(degrees.tensor) + " u=" + std::to_string(degrees.ulysses) +
          " r=" + std::to_string(degrees.ring);
  if (plan.family == Family::kYunchang) name += std::string(" ") + name_of(plan.order);
  if (plan.gathers_keys) name += " all-gather";
  if (degrees.ring_inner) name += " ring inner";
  return name;
}

Rows rows_of(const Plan& plan, const Grid& grid, std::int64_t sequence) {
  const Degrees& degrees = grid.degrees;
  switch (plan.family) {
    case Family::kTransformerEngine:
      return rows_of(Order::kZigzag, sequence, degrees.context(), grid.context_rank());
    case Family::kYunchang:
      return part_of(rows_of(plan.order, sequence, degrees.ring, grid.ring_rank), degrees.ulysses,
                     grid.ulysses_rank);
    case Family::kDeepSpeed:
      return rows_of(Order::kContiguous, sequence, degrees.context(), grid.context_rank());
  }
  return {};
}

Library library_of(const Plan& plan) {
  return plan.family == Family::kTransformerEngine ? Library::kFlashAttention3
                                                   : Library::kFlashAttention2;
}

std::unique_ptr<Attention> make_attention(const Plan& plan, const Grid& grid, Setting setting) {
  if (grid.degrees.ulysses == 1) return make_core(plan, grid, std::move(setting));
  const UlyssesHabits habits{.reorders_chunks = plan.family == Family::kTransformerEngine,
                             .one_function = plan.family == Family::kTransformerEngine,
                             .gathers_positions = plan.family == Family::kDeepSpeed};
  return std::make_unique<UlyssesAttention>(
      std::move(setting), grid.ulysses, habits,
      [&](Setting dealt) { return make_core(plan, grid, std::move(dealt)); });
}

std::vector<Plan> context_plans(std::int64_t ranks) {
  std::vector<Plan> plans;
  for (std::int64_t ulysses = 1; ulysses <= ranks; ulysses *= 2) {
    const std::int64_t ring = ranks / ulysses;
    const Degrees degrees{.tensor = 1, .ulysses = ulysses, .ring = ring};
    plans.push_back({.family = Family::kTransformerEngine, .degrees = degrees});
    for (const Order order : {Order::kContiguous, Order::kZigzag, Order::kStriped}) {
      plans.push_back({.family = Family::kYunchang, .degrees = degrees, .order = order});
      if (ulysses == 1 || ring == 1) continue;
      plans.push_back(plans.back());
      plans.back().degrees.ring_inner = true;
    }
  }
  plans.push_back({.family = Family::kDeepSpeed, .degrees = {.ulysses = ranks}});
  plans.push_back({.degrees = {.ring = ranks}, .gathers_keys = true});
  return plans;
}

std::vector<Plan> tensor_plans(std::int64_t ranks) {
  std::vector<Plan> plans;
  for (std::int64_t tensor = 2; tensor <= ranks; tensor *= 2) {
    for (Plan plan : context_plans(ranks / tensor)) {
      if (plan.family != Family::kTransformerEngine) continue;
      plan.degrees.tensor = tensor;
      plans.push_back(plan);
    }
  }
  return plans;
}

}  // namespace seqspan::oracle
