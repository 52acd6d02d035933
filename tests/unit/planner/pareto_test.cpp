#include "planner/pareto.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace seqspan::planner {
namespace {

// A candidate is on the front exactly when no other is at least as good in both and better in one.
RC_GTEST_PROP(Pareto, EqualsItsDefinition, ()) {
  std::vector<Candidate> candidates;
  const auto count = *rc::gen::inRange<std::size_t>(0, 30);
  for (std::size_t i = 0; i < count; ++i) {
    Candidate candidate;
    candidate.layout.micro_batch = static_cast<std::int64_t>(i + 1);
    candidate.evaluation.step = sim::Seconds(*rc::gen::inRange(1, 8));
    candidate.evaluation.peak = sim::Bytes(*rc::gen::inRange(1, 8));
    candidates.push_back(candidate);
  }
  ParetoFront pareto;
  for (const Candidate& candidate : candidates) pareto.add(candidate);
  const std::span<const Candidate> front = pareto.layouts();
  for (std::size_t i = 1; i < front.size(); ++i) {
    RC_ASSERT(front[i - 1].evaluation.step < front[i].evaluation.step);
    RC_ASSERT(front[i - 1].evaluation.peak > front[i].evaluation.peak);
  }
  for (const Candidate& candidate : candidates) {
    const bool beaten =
        std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& other) {
          const bool as_good = other.evaluation.step <= candidate.evaluation.step &&
                               other.evaluation.peak <= candidate.evaluation.peak;
          const bool better = other.evaluation.step < candidate.evaluation.step ||
                              other.evaluation.peak < candidate.evaluation.peak;
          return as_good && better;
        });
    const bool on_front = std::any_of(front.begin(), front.end(), [&](const Candidate& other) {
      return other.evaluation.step == candidate.evaluation.step &&
             other.evaluation.peak == candidate.evaluation.peak;
    });
    RC_ASSERT(on_front == !beaten);
    // One that takes longer by what is on the front is beaten by it, whatever its own step.
    const bool known = std::any_of(front.begin(), front.end(), [&](const Candidate& other) {
      return other.evaluation.step < candidate.evaluation.step &&
             other.evaluation.peak <= candidate.evaluation.peak;
    });
    RC_ASSERT(pareto.beats(candidate.evaluation.peak, candidate.evaluation.step) == known);
  }
}

}  // namespace
}  // namespace seqspan::planner
