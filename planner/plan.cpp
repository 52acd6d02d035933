#include "planner/plan.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "planner/compare.hpp"
#include "planner/context_trade.hpp"
#include "planner/pareto.hpp"
#include "planner/space.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"

namespace seqspan::planner {
namespace {

// Rejections by code while the search runs: no allocation.
class Tally {
 public:
  void add(sim::ReasonCode code, const sim::Layout& layout, sim::Bytes peak = {}) {
    Rejection& entry = entries_[static_cast<std::size_t>(code)];
    const bool closer = code == sim::ReasonCode::kDoesNotFit && peak < entry.example_peak;
    if (entry.count == 0 || closer) {
      entry.code = code;
      entry.example = layout;
      entry.example_peak = peak;
    }
    ++entry.count;
  }

  [[nodiscard]] std::vector<Rejection> sorted() const {
    std::vector<Rejection> result;
    for (const Rejection& entry : entries_) {
      if (entry.count > 0) result.push_back(entry);
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const Rejection& a, const Rejection& b) { return a.count > b.count; });
    return result;
  }

 private:
  std::array<Rejection, sim::kReasonCodeCount> entries_{};
};

}  // namespace

Plan make_plan(const sim::Job& job, const PlanOptions& options) {
  sim::Simulator simulator(job);
  return make_plan(simulator, options);
}

Plan make_plan(sim::Simulator& simulator, const PlanOptions& options) {
  const sim::Job& job = simulator.job();
  const auto began = std::chrono::steady_clock::now();
  Plan plan;
  Tally tally;
  std::vector<Candidate> fitting;
  Space(job).for_each([&](const sim::Layout& layout) {
    ++plan.candidates;
    if (const auto code = sim::broken_rule(job, layout)) {
      tally.add(*code, layout);
      return;
    }
    ++plan.evaluated;
    const sim::Evaluation evaluation = simulator.evaluate(layout);
    if (evaluation.peak > job.cluster.device.memory) {
      tally.add(sim::ReasonCode::kDoesNotFit, layout, evaluation.peak);
      return;
    }
    if (!evaluation.fits) {
      tally.add(sim::ReasonCode::kHostDoesNotFit, layout);
      return;
    }
    fitting.push_back({layout, evaluation});
  });
  if (plan.candidates == 0) {
    // The job's own keys leave nothing to enumerate: say which rule they break.
    const sim::Layout named = sim::resolve(job, job.layout);
    if (const auto code = sim::broken_rule(job, named)) tally.add(*code, named);
  }
  std::sort(fitting.begin(), fitting.end(), faster);
  plan.fitting = static_cast<std::int64_t>(fitting.size());
  plan.rejected = tally.sorted();
  plan.pareto = pareto_front(fitting);
  if (job.training.documents) plan.by_context = context_trade(fitting);
  for (std::size_t i = 0; i < std::min(options.best, fitting.size()); ++i) {
    RankedLayout ranked{simulator.simulate(fitting[i].layout), {}};
    if (i > 0) ranked.loses = loss_against(plan.best.front().simulation, ranked.simulation);
    plan.best.push_back(std::move(ranked));
  }
  if (!plan.best.empty()) {
    plan.why = alternatives(simulator, plan.best.front().simulation.layout);
  }
  plan.search_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return plan;
}

}  // namespace seqspan::planner
