#include "planner/cluster_size.hpp"

#include <algorithm>

namespace seqspan::planner {
namespace {

bool beats(ClusterGoal goal, const ClusterOption& option, const ClusterOption& best) {
  return goal == ClusterGoal::kLeastCost && option.run.gpu_hours < best.run.gpu_hours;
}

// Progress over all sizes, each taken to be the same work.
PlanOptions options_of_part(const PlanOptions& options, std::size_t part, std::size_t parts) {
  PlanOptions of_part = options;
  if (options.progress) {
    of_part.progress = [&options, part, parts](double done) {
      options.progress((static_cast<double>(part) + done) / static_cast<double>(parts));
    };
  }
  return of_part;
}

}  // namespace

std::vector<std::int64_t> node_counts(std::int64_t most) {
  std::vector<std::int64_t> counts;
  for (std::int64_t power = 1; power <= most; power *= 2) {
    for (const std::int64_t odd : {1, 3, 5, 7}) {
      if (power * odd <= most) counts.push_back(power * odd);
    }
  }
  counts.push_back(most);
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

sim::Result<ClusterChoice> choose_cluster(const JobOfNodes& job_of_nodes, std::int64_t most_nodes,
                                          const ClusterQuestion& question,
                                          const PlanOptions& options) {
  ClusterChoice choice;
  const std::vector<std::int64_t> counts = node_counts(most_nodes);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sim::Result<sim::Job> job = job_of_nodes(counts[i]);
    if (!job) return tl::unexpected(job.error());
    ClusterOption option;
    option.nodes = counts[i];
    option.gpus = job->cluster.gpu_count();
    option.least_time = least_training_time(*job, question.budget);
    if (question.deadline && option.least_time > *question.deadline) {
      choice.options.push_back(option);
      continue;
    }
    sim::Simulator simulator(*job);
    if (const auto ok = simulator.check(); !ok) return tl::unexpected(ok.error());
    Plan plan = make_plan(simulator, options_of_part(options, i, counts.size()));
    option.planned = true;
    choice.interrupted = plan.interrupted;
    if (!plan.best.empty()) {
      const sim::Simulation& best = plan.best.front().simulation;
      option.layout = best.layout;
      option.step = best.time.step;
      option.run = training_run(*job, option.step, question.budget, question.price);
      option.meets_deadline = !question.deadline || option.run.time <= *question.deadline;
    }
    const bool is_better =
        option.meets_deadline &&
        (!choice.chosen || beats(question.goal, option, choice.options[*choice.chosen]));
    if (is_better) {
      choice.chosen = i;
      choice.job = std::move(*job);
      choice.plan = std::move(plan);
    }
    choice.options.push_back(option);
    if (choice.interrupted) break;
    if (choice.chosen && question.goal == ClusterGoal::kFewestGpus) break;
  }
  return choice;
}

}  // namespace seqspan::planner
