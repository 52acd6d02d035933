#include "planner/plan.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <numeric>
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

// Branches are dealt to whoever is free, all that differ in pp alone at once: most of what a
// Simulator remembers serves them all. Where those are few for the workers, one by one.
class Deal {
 public:
  Deal(const std::vector<sim::Layout>& branches, std::size_t workers, const std::atomic<bool>* stop)
      : stop_(stop) {
    constexpr std::size_t kHandsEach = 16;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      if (i == 0 || !differ_in_pp_alone(branches[i - 1], branches[i])) first_.push_back(i);
    }
    if (first_.size() < kHandsEach * workers) {
      first_.resize(branches.size());
      std::iota(first_.begin(), first_.end(), std::size_t{0});
    }
    first_.push_back(branches.size());
  }

  // Visits branches until there are none left; calls `visited` after each.
  template <class Visited>
  void work(Search& search, Visited visited) {
    for (std::size_t hand = next_++; hand + 1 < first_.size(); hand = next_++) {
      for (std::size_t branch = first_[hand]; branch < first_[hand + 1]; ++branch) {
        if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) return;
        search.visit(branch, stop_);
        visited(static_cast<double>(++done_) / static_cast<double>(first_.back()));
      }
    }
  }

 private:
  [[nodiscard]] static bool differ_in_pp_alone(const sim::Layout& a, const sim::Layout& b) {
    return a.tp == b.tp && a.ulysses == b.ulysses && a.ring == b.ring;
  }

  const std::atomic<bool>* stop_;
  std::vector<std::size_t> first_;  // branch of each hand; behind them, how many there are
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> done_{0};
};

// Simulators, one for each thread; the first is the caller's.
class Crew {
 public:
  Crew(sim::Simulator& first, const Space& space, const PlanOptions& options)
      : space_(space), options_(options), simulators_{&first} {
    for (unsigned i = 1; i < workers_for(options, space.branches().size()); ++i) {
      others_.push_back(std::make_unique<sim::Simulator>(first.job()));
      simulators_.push_back(others_.back().get());
    }
  }

  // All that is left of a space: what a search of it keeps. `tell`: of its progress.
  [[nodiscard]] Search search(Search::Times times, const Search* known, bool tell) {
    Deal deal(space_.branches(), simulators_.size(), options_.stop);
    std::vector<Search> searches;
    searches.reserve(simulators_.size());
    for (sim::Simulator* simulator : simulators_) {
      searches.emplace_back(*simulator, space_, options_.objective, options_.best, times, known);
    }
    std::vector<std::future<void>> running;
    for (std::size_t i = 1; i < searches.size(); ++i) {
      Search& search = searches[i];
      try {
        running.push_back(
            std::async(std::launch::async, [&deal, &search] { deal.work(search, [](double) {}); }));
      } catch (const std::system_error&) {
        break;  // no more threads to be had
      }
    }
    deal.work(searches.front(), [&](double done) {
      if (tell && options_.progress) options_.progress(done);
    });
    for (std::future<void>& worker : running) worker.get();
    for (std::size_t i = 1; i < searches.size(); ++i) searches.front().merge(searches[i]);
    return std::move(searches.front());
  }

  [[nodiscard]] Search search() {
    const sim::Job& job = simulators_.front()->job();
    const bool scouted = job.training.documents &&
                         job.training.documents->context_parallel == sim::DocumentGroups::kFixed;
    if (!scouted) return search(Search::Times::kAll, nullptr, true);
    const Search scout = search(Search::Times::kEven, nullptr, false);
    Search known(*simulators_.front(), space_, options_.objective, options_.best);
    known.time_kept(scout);
    return search(Search::Times::kAll, &known, true);
  }

 private:
  const Space& space_;
  const PlanOptions& options_;
  std::vector<std::unique_ptr<sim::Simulator>> others_;
  std::vector<sim::Simulator*> simulators_;
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
  plan.objective = options.objective;
  const Space space(job, options.also);
  Search search = Crew(simulator, space, options).search();
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
