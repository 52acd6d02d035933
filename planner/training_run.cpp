#include "planner/training_run.hpp"

#include <algorithm>

#include "sim/spec/model_flops.hpp"

namespace seqspan::planner {

TrainingRun training_run(const sim::Job& job, sim::Seconds step, sim::Tokens budget,
                         std::optional<Money> price) {
  const std::int64_t per_step = job.training.global_batch_size * job.training.sequence_length;
  TrainingRun run;
  run.steps = (budget.value() + per_step - 1) / per_step;
  run.time = static_cast<double>(run.steps) * step;
  run.gpu_hours = GpuHours(run.time.value() / 3600 * static_cast<double>(job.cluster.gpu_count()));
  if (price) run.cost = Money(price->value() * run.gpu_hours.value());
  return run;
}

sim::Seconds least_training_time(const sim::Job& job, sim::Tokens budget) {
  const sim::DeviceProfile& device = job.cluster.device;
  const bool fp8 = job.training.linear_precision == sim::LinearPrecision::kFloat8;
  const double peak =
      fp8 ? std::max(device.peak_bf16.value(), device.peak_fp8.value()) : device.peak_bf16.value();
  const sim::Tokens sequence(job.training.sequence_length);
  const double flops = sim::model_flops(job.model, sequence, job.training.mask).value() *
                       static_cast<double>(budget.value()) / static_cast<double>(sequence.value());
  return sim::Seconds(flops / (peak * static_cast<double>(job.cluster.gpu_count())));
}

}  // namespace seqspan::planner
