// The planner: every layout that the job leaves open, the illegal ones refused with a reason, the
// rest evaluated, ranked and explained.
//
// Enumerated: tp, ulysses, ring, ring order, KV exchange, placement, pp, vpp, ep, micro-batch,
// recomputation and sharding; dp follows from the cluster, etp is the job's or 1; what AlsoSearch
// names where asked for. Keys that the
// job's layout fixes are not enumerated. Choices that cannot matter (the order of a ring of one)
// are taken once. A layout counts as rejected under the first rule it breaks, or as `does_not_fit`.
//
// Ranking: by the objective among those that fit (planner/objective.hpp), the same on every run.
// What cannot matter is given up early (planner/search.hpp); nothing that a plan says depends on
// it, nor on the number of threads.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "planner/alternatives.hpp"
#include "planner/group_choices.hpp"
#include "planner/objective.hpp"
#include "planner/rejection.hpp"
#include "planner/space.hpp"
#include "sim/engine/simulator.hpp"

namespace seqspan::planner {

// A ranked layout with everything about it, and what it loses against the best.
struct RankedLayout {
  sim::Simulation simulation;
  std::string loses;  // "12 % slower: context parallel communication +0.81 s"; empty for the best
};

struct Plan {
  std::int64_t candidates = 0;  // layouts enumerated
  std::int64_t evaluated = 0;   // legal ones
  std::int64_t fitting = 0;
  Objective objective = Objective::kStepTime;
  bool interrupted = false;         // before all were seen: the best so far
  std::vector<Rejection> rejected;  // by count, most first
  std::vector<RankedLayout> best;   // ranked, at most `PlanOptions::best`
  std::vector<Alternative> why;     // the keys of the best, each changed alone
  std::vector<GroupChoice> groups;  // the GPUs of a sequence, shared out otherwise
  std::vector<Candidate> pareto;    // step time against peak memory, fastest first
  // With documents: the fastest of each context parallel size (context_trade.hpp).
  std::vector<Candidate> by_context;
  double search_seconds = 0;
};

struct PlanOptions {
  std::size_t best = 5;
  Objective objective = Objective::kStepTime;
  AlsoSearch also;
  unsigned threads = 0;                     // 0: as many as the machine has cores
  const std::atomic<bool>* stop = nullptr;  // once set, the search ends with what it has
  // Called on the caller's thread, with the part of the space that is done, 0 to 1.
  std::function<void(double)> progress;
};

// A plan without layouts that fit has an empty `best`; the rejections say why, also where the job's
// own keys leave no layout to enumerate (one rejection, of those keys).
[[nodiscard]] Plan make_plan(const sim::Job& job, const PlanOptions& options = {});
// With a simulator of the job whose check() is good.
[[nodiscard]] Plan make_plan(sim::Simulator& simulator, const PlanOptions& options = {});

}  // namespace seqspan::planner
