#include "cli/render/training_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "cli/render/quantity.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {

namespace {

// Whole from a hundred on, with three digits below.
std::string amount_text(double amount) {
  constexpr double kWhole = 100;
  return amount < kWhole ? fmt::format("{:.3g}", amount) : sim::format_count(std::llround(amount));
}

}  // namespace

std::string money(planner::Money amount) { return amount_text(amount.value()); }

std::string hours(planner::GpuHours amount) { return amount_text(amount.value()); }

std::string run_text(const planner::TrainingRun& run) {
  return fmt::format("{}: {}, {} GPU-hours", sim::format_duration(run.time),
                     counted(run.steps, "step"), hours(run.gpu_hours));
}

std::string price_text(planner::Money price) {
  return fmt::format("at {} a GPU-hour", price.value());
}

std::string factor_text(double factor) {
  constexpr double kWhole = 100;
  if (factor >= kWhole) return sim::format_count(std::llround(factor));
  if (factor < 1 / kWhole) return "1/" + sim::format_count(std::llround(1 / factor));
  return fmt::format("{:.2g}", factor);
}

std::string law_text(const sim::Job& job, const TrainingAnswer& answer) {
  const double sequences = static_cast<double>(answer.law.batch.value()) /
                           static_cast<double>(job.training.sequence_length);
  return fmt::format(
      "Step Law: a global batch of {} tokens ({} sequences) and a learning rate of {:.2g}; the "
      "job's batch is {} times that",
      sim::format_token_count(answer.law.batch), amount_text(sequences), answer.law.learning_rate,
      factor_text(answer.batch_ratio));
}

const char* clusters_title(const TrainingAnswer& answer) {
  return answer.question.minimize == planner::ClusterGoal::kFewestGpus ? "Smallest cluster"
                                                                       : "Cheapest cluster";
}

std::string unplanned_text(const TrainingAnswer& answer) {
  const planner::ClusterOption* largest = nullptr;
  for (const planner::ClusterOption& option : answer.options) {
    if (!option.planned) largest = &option;
  }
  if (largest == nullptr) return {};
  return fmt::format(
      "Not planned: {} GPUs and fewer, which at every GPU's peak would take {} and more",
      sim::format_count(largest->gpus), sim::format_duration(largest->least_time));
}

bool is_chosen(const TrainingAnswer& answer, const planner::ClusterOption& option) {
  return answer.chosen && &answer.options[*answer.chosen] == &option;
}

std::string cluster_verdict(const TrainingAnswer& answer, const planner::ClusterOption& option) {
  if (!option.layout) return "no layout fits";
  if (is_chosen(answer, option)) return "chosen";
  if (!option.meets_deadline) return "too slow";
  return answer.question.deadline ? "in time" : "";
}

}  // namespace seqspan::cli
