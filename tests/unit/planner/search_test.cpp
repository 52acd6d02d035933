// The search against brute force, and the bounds that it gives layouts up by.
#include "planner/search.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "planner/plan.hpp"
#include "sim/layout/resolve.hpp"
#include "sim/spec/layout_text.hpp"
#include "tests/support/job.hpp"
#include "tests/unit/planner/brute_force.hpp"
#include "tests/unit/planner/random_jobs.hpp"

namespace seqspan::planner {
namespace {

using sim::Framework;
using tests::make_job;
using tests::RandomJobs;

std::string numbers_of(const Candidate& candidate) {
  return fmt::format("{} {} ({})", candidate.evaluation.step.value(),
                     candidate.evaluation.peak.value(), sim::to_string(candidate.layout));
}

// On the front: no other is at least as good in both and better in one; one of equals.
std::vector<Candidate> front_of(std::vector<Candidate> all) {
  std::sort(all.begin(), all.end(), faster);
  std::vector<Candidate> front;
  for (const Candidate& candidate : all) {
    const auto beaten = [&](const Candidate& other) {
      return other.evaluation.step <= candidate.evaluation.step &&
             other.evaluation.peak <= candidate.evaluation.peak;
    };
    if (std::none_of(front.begin(), front.end(), beaten)) front.push_back(candidate);
  }
  return front;
}

std::vector<Candidate> fastest_by_context(std::vector<Candidate> all) {
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    if (a.layout.cp() != b.layout.cp()) return a.layout.cp() < b.layout.cp();
    return faster(a, b);
  });
  const auto end = std::unique(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return a.layout.cp() == b.layout.cp();
  });
  all.erase(end, all.end());
  return all;
}

TEST(Search, EqualsBruteForceOn300RandomJobsWithAnAnswer) {
  RandomJobs jobs;
  int answered = 0;
  for (int i = 0; answered < 300; ++i) {
    ASSERT_LT(i, 1000) << "too few jobs have an answer";
    const sim::Job job = jobs.next();
    AlsoSearch also;
    // One more key in every eighth job.
    const auto extra = static_cast<std::size_t>(i % 48);
    if (extra < kAlsoKeys.size()) also.*kAlsoKeys[extra].member = true;
    std::vector<Candidate> all = tests::brute_force(job, also);
    const Objective objective = i % 5 == 0 ? Objective::kMemoryHeadroom : Objective::kStepTime;
    const Plan plan = [&] {
      PlanOptions options;
      options.best = 3;
      options.objective = objective;
      options.also = also;
      options.threads = 1U + static_cast<unsigned>(i) % 3U;
      return make_plan(job, options);
    }();
    SCOPED_TRACE(fmt::format("job {}: {} {} on {}", i, job.model.name, name_of(job.framework),
                             job.cluster.gpu_count()));
    ASSERT_EQ(plan.fitting, static_cast<std::int64_t>(all.size()));
    if (!all.empty()) ++answered;
    const std::vector<Candidate> front = front_of(all);
    ASSERT_EQ(plan.pareto.size(), front.size());
    for (std::size_t k = 0; k < front.size(); ++k) {
      EXPECT_EQ(numbers_of(plan.pareto[k]), numbers_of(front[k]));
    }
    const std::vector<Candidate> by_context =
        job.training.documents ? fastest_by_context(all) : std::vector<Candidate>{};
    ASSERT_EQ(plan.by_context.size(), by_context.size());
    for (std::size_t k = 0; k < by_context.size(); ++k) {
      EXPECT_EQ(numbers_of(plan.by_context[k]), numbers_of(by_context[k]));
    }
    std::sort(all.begin(), all.end(), [&](const Candidate& a, const Candidate& b) {
      return ranks_before(objective, a, b);
    });
    ASSERT_EQ(plan.best.size(), std::min<std::size_t>(3, all.size()));
    for (std::size_t k = 0; k < plan.best.size(); ++k) {
      const sim::Simulation& simulation = plan.best[k].simulation;
      EXPECT_EQ(numbers_of({simulation.layout, {simulation.peak.peak, simulation.time.step, {}}}),
                numbers_of(all[k]));
    }
  }
}

// Admissible: never above what they bound, for any legal layout.
TEST(Search, BoundsAreNeverAboveWhatTheyBound) {
  RandomJobs jobs;
  std::int64_t layouts = 0;
  double tightest = 0;
  double closer = 0;
  for (int i = 0; i < 60; ++i) {
    const sim::Job job = jobs.next();
    sim::Simulator simulator(job);
    std::map<std::string, sim::Bytes> least_of_key;
    tests::for_each_legal_layout(job, [&](const sim::Layout& layout) {
      ++layouts;
      sim::Evaluation evaluation = simulator.evaluate_memory(layout);
      const sim::Bytes least_peak = simulator.least_peak();
      const sim::Seconds least_step = simulator.least_step();
      std::vector<sim::Seconds> bounds{least_step};
      evaluation.step = least_step;
      while (simulator.come_closer(evaluation)) bounds.push_back(evaluation.step);
      simulator.evaluate_time(evaluation);
      for (const sim::Seconds bound : bounds) {
        ASSERT_LE(bound, evaluation.step) << sim::to_string(layout);
      }
      if (bounds.size() > 1) closer = std::max(closer, bounds.back() / evaluation.step);
      ASSERT_EQ(evaluation.step, simulator.evaluate(layout, true).step) << sim::to_string(layout);
      ASSERT_LE(least_peak, evaluation.peak) << sim::to_string(layout);
      tightest = std::max(tightest, least_step / evaluation.step);
      // Layouts that the search takes it over to have the same.
      const std::string key =
          fmt::format("{} {} {} {} {} {} {}", layout.tp, layout.ulysses, layout.ring, layout.pp,
                      layout.vpp, layout.ep, static_cast<int>(layout.sharding));
      const auto [known, first] = least_of_key.emplace(key, least_peak);
      ASSERT_EQ(known->second, least_peak) << sim::to_string(layout);
    });
  }
  EXPECT_GT(layouts, 5000);
  EXPECT_GT(tightest, 0.8) << "and it is of use";
  EXPECT_GT(closer, 0.95) << "and so is that of documents";
}

TEST(Search, ThreadsChangeNothing) {
  const sim::Job job = make_job("Qwen3-30B-A3B", Framework::kMegatron, 2, 65536, 16);
  const auto told = [&](unsigned threads) {
    const Plan plan = [&] {
      PlanOptions options;
      options.best = 20;
      options.threads = threads;
      return make_plan(job, options);
    }();
    std::string text = fmt::format("{} {} {}\n", plan.candidates, plan.evaluated, plan.fitting);
    for (const Rejection& rejection : plan.rejected) {
      text += fmt::format("{} {} {} {}\n", static_cast<int>(rejection.code), rejection.count,
                          sim::to_string(rejection.example), rejection.example_peak.value());
    }
    for (const RankedLayout& ranked : plan.best) {
      text += sim::to_string(ranked.simulation.layout) + ranked.loses + "\n";
    }
    for (const Candidate& candidate : plan.pareto) text += numbers_of(candidate) + "\n";
    return text;
  };
  const std::string alone = told(1);
  for (const unsigned threads : {2U, 3U, 8U}) EXPECT_EQ(told(threads), alone);
}

TEST(Search, StopsWithTheBestSoFar) {
  const sim::Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 32768, 16);
  const Plan whole = make_plan(job, {});
  std::atomic<bool> stop{false};
  double last = 0;
  PlanOptions options;
  options.threads = 1;
  options.stop = &stop;
  options.progress = [&](double done) {
    EXPECT_GT(done, last);
    last = done;
    stop = done > 0.5;
  };
  const Plan part = make_plan(job, options);
  EXPECT_TRUE(part.interrupted);
  EXPECT_FALSE(whole.interrupted);
  EXPECT_LT(last, 1);
  EXPECT_LT(part.candidates, whole.candidates);
  ASSERT_FALSE(part.best.empty());
  EXPECT_GE(part.best.front().simulation.time.step, whole.best.front().simulation.time.step);
}

}  // namespace
}  // namespace seqspan::planner
