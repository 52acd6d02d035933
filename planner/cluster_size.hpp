// How many nodes a run needs: plans of one job on clusters of growing size.
//
// Sizes are 1, 3, 5 and 7 times powers of two, up to the job's own cluster: no size between two of
// them is off by more than a quarter. Smallest: the first size whose best layout meets the
// deadline; sizes that could not even at every GPU's peak (least_training_time) are not planned.
// Cheapest: the size with the fewest GPU-hours among those that meet it; all are planned.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "planner/plan.hpp"
#include "planner/training_run.hpp"

namespace seqspan::planner {

enum class ClusterGoal : std::uint8_t { kFewestGpus, kLeastCost };

constexpr const char* name_of(ClusterGoal goal) {
  return goal == ClusterGoal::kFewestGpus ? "gpus" : "cost";
}

struct ClusterOption {
  std::int64_t nodes = 0;
  std::int64_t gpus = 0;
  bool planned = false;  // else too small at every GPU's peak
  sim::Seconds least_time;
  std::optional<sim::Layout> layout;  // the best; absent: not planned, or none fits
  sim::Seconds step;
  TrainingRun run;
  bool meets_deadline = false;
};

struct ClusterChoice {
  std::vector<ClusterOption> options;  // by size
  std::optional<std::size_t> chosen;   // of them; absent: none meets the deadline
  std::optional<sim::Job> job;         // on the chosen cluster
  std::optional<Plan> plan;            // of it
  bool interrupted = false;
};

struct ClusterQuestion {
  ClusterGoal goal = ClusterGoal::kFewestGpus;
  sim::Tokens budget;
  std::optional<sim::Seconds> deadline;  // absent: whatever it takes
  std::optional<Money> price;
};

// The job on a cluster of this many nodes, otherwise the same. Errors: kInput.
using JobOfNodes = std::function<sim::Result<sim::Job>(std::int64_t nodes)>;

[[nodiscard]] std::vector<std::int64_t> node_counts(std::int64_t most);

// Errors: those of `job_of_nodes`, and kInput where a cluster cannot be simulated.
[[nodiscard]] sim::Result<ClusterChoice> choose_cluster(const JobOfNodes& job_of_nodes,
                                                        std::int64_t most_nodes,
                                                        const ClusterQuestion& question,
                                                        const PlanOptions& options = {});

}  // namespace seqspan::planner
