// What makes one layout better than another.
#pragma once

#include <cstdint>

#include "sim/engine/simulator.hpp"

namespace seqspan::planner {

struct Candidate {
  sim::Layout layout;
  sim::Evaluation evaluation;
};

// On one cluster the fastest step also has the most tokens per GPU and second and the least cost
// per token; these differ between clusters (planner/cluster_size.hpp).
enum class Objective : std::uint8_t {
  kStepTime,        // then lower peak memory
  kMemoryHeadroom,  // lowest peak memory, then step time
};
inline constexpr std::size_t kObjectiveCount = 2;

constexpr const char* name_of(Objective objective) {
  return objective == Objective::kStepTime ? "step_time" : "memory_headroom";
}

// By numbers alone.
[[nodiscard]] bool is_better(Objective objective, const sim::Evaluation& a,
                             const sim::Evaluation& b);
// Equal numbers by the order of ranks, the framework's default first, then by the layout's text: a
// total order, the same on every run.
[[nodiscard]] bool ranks_before(Objective objective, const Candidate& a, const Candidate& b);
// By step time, then peak memory, then as above.
[[nodiscard]] bool faster(const Candidate& a, const Candidate& b);

}  // namespace seqspan::planner
