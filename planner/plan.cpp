#include "planner/plan.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <system_error>
#include <thread>

#include "planner/compare.hpp"
#include "planner/search.hpp"
#include "planner/space.hpp"
#include "sim/layout/legality.hpp"
#include "sim/layout/resolve.hpp"

namespace seqspan::planner {
namespace {

unsigned workers_for(const PlanOptions& options, std::size_t branches) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const unsigned wanted = options.threads > 0 ? options.threads : cores;
  return static_cast<unsigned>(std::min<std::size_t>(wanted, branches));
}

// Branches are dealt one by one, to whoever is free.
class Deal {
 public:
  Deal(std::size_t branches, const std::atomic<bool>* stop) : branches_(branches), stop_(stop) {}

  // Visits branches until there are none left; calls `visited` after each.
  template <class Visited>
  void work(Search& search, Visited visited) {
    for (std::size_t branch = next_++; branch < branches_; branch = next_++) {
      if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) return;
      search.visit(branch, stop_);
      visited(static_cast<double>(++done_) / static_cast<double>(branches_));
    }
  }

 private:
  std::size_t branches_;
  const std::atomic<bool>* stop_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> done_{0};
};

// `first` works on the caller's thread and has everything in the end.
void search_all(Search& first, const Space& space, const PlanOptions& options) {
  const sim::Job& job = first.job();
  Deal deal(space.branches().size(), options.stop);
  struct Worker {
    Worker(const sim::Job& job, const Space& space, const PlanOptions& options)
        : simulator(job), search(simulator, space, options.objective, options.best) {}
    sim::Simulator simulator;
    Search search;
  };
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::future<void>> running;
  for (unsigned i = 1; i < workers_for(options, space.branches().size()); ++i) {
    workers.push_back(std::make_unique<Worker>(job, space, options));
    Search& search = workers.back()->search;
    try {
      running.push_back(
          std::async(std::launch::async, [&deal, &search] { deal.work(search, [](double) {}); }));
    } catch (const std::system_error&) {
      break;  // no more threads to be had
    }
  }
  deal.work(first, [&](double done) {
    if (options.progress) options.progress(done);
  });
  for (std::future<void>& worker : running) worker.get();
  for (const auto& worker : workers) first.merge(worker->search);
}

}  // namespace

Plan make_plan(const sim::Job& job, const PlanOptions& options) {
  sim::Simulator simulator(job);
  return make_plan(simulator, options);
}

Plan make_plan(sim::Simulator& simulator, const PlanOptions& options) {
  const sim::Job& job = simulator.job();
  const auto began = std::chrono::steady_clock::now();
  Plan plan;
  plan.objective = options.objective;
  const Space space(job, options.also);
  Search search(simulator, space, options.objective, options.best);
  search_all(search, space, options);
  plan.candidates = search.candidates();
  plan.evaluated = search.evaluated();
  plan.fitting = search.fitting();
  plan.interrupted = options.stop != nullptr && options.stop->load();
  if (plan.candidates == 0) {
    // The job's own keys leave nothing to enumerate: say which rule they break.
    const sim::Layout named = sim::resolve(job, job.layout);
    if (const auto code = sim::broken_rule(job, named)) search.rejections().add(*code, named);
  }
  plan.rejected = search.rejections().sorted();
  plan.by_context.assign(search.by_context().begin(), search.by_context().end());
  plan.pareto.assign(search.front().layouts().begin(), search.front().layouts().end());
  for (const Candidate& candidate : search.best()) {
    RankedLayout ranked{simulator.simulate(candidate.layout), {}};
    if (!plan.best.empty()) {
      ranked.loses = loss_of(options.objective, plan.best.front().simulation, ranked.simulation);
    }
    plan.best.push_back(std::move(ranked));
  }
  if (!plan.best.empty()) {
    plan.why = alternatives(simulator, plan.best.front().simulation.layout);
    plan.groups = group_choices(simulator, plan.best.front().simulation.layout);
  }
  plan.search_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return plan;
}

}  // namespace seqspan::planner
