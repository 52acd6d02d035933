// A whole run of training: how long a token budget takes at a step time, and what it costs.
//
//   steps = ceil(tokens / (global batch x s)); time = steps x step; GPU-hours = time x GPUs / 3600
//   s
// Restarts, evaluation and checkpoints are not in it.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/spec/job.hpp"

namespace seqspan::planner {

using GpuHours = sim::Quantity<struct GpuHoursDimension, double>;
// In whatever currency the price is.
using Money = sim::Quantity<struct MoneyDimension, double>;

struct TrainingRun {
  std::int64_t steps = 0;
  sim::Seconds time;
  GpuHours gpu_hours;
  std::optional<Money> cost;
};

// `price` of one GPU for one hour. The job's batch is not empty.
[[nodiscard]] TrainingRun training_run(const sim::Job& job, sim::Seconds step, sim::Tokens budget,
                                       std::optional<Money> price = std::nullopt);

// No layout trains the budget faster on the job's cluster: its FLOPs at every GPU's peak, in the
// job's precision.
[[nodiscard]] sim::Seconds least_training_time(const sim::Job& job, sim::Tokens budget);

}  // namespace seqspan::planner
