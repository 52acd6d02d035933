#include "planner/objective.hpp"

#include "sim/spec/layout_text.hpp"

namespace seqspan::planner {

bool is_better(Objective objective, const sim::Evaluation& a, const sim::Evaluation& b) {
  if (objective == Objective::kMemoryHeadroom) {
    return a.peak != b.peak ? a.peak < b.peak : a.step < b.step;
  }
  return a.step != b.step ? a.step < b.step : a.peak < b.peak;
}

bool ranks_before(Objective objective, const Candidate& a, const Candidate& b) {
  if (is_better(objective, a.evaluation, b.evaluation)) return true;
  if (is_better(objective, b.evaluation, a.evaluation)) return false;
  if (a.layout.placement != b.layout.placement) return a.layout.placement < b.layout.placement;
  return sim::to_string(a.layout) < sim::to_string(b.layout);
}

bool faster(const Candidate& a, const Candidate& b) {
  return ranks_before(Objective::kStepTime, a, b);
}

}  // namespace seqspan::planner
