#include "cli/render/training_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "sim/units/format_units.hpp"

namespace seqspan::cli {

std::string money(planner::Money amount) { return sim::format_count(std::llround(amount.value())); }

std::string hours(planner::GpuHours amount) {
  return sim::format_count(std::llround(amount.value()));
}

std::string law_text(const sim::Job& job, const TrainingAnswer& answer) {
  const double sequences = static_cast<double>(answer.law.batch.value()) /
                           static_cast<double>(job.training.sequence_length);
  return fmt::format(
      "Step Law: a global batch of {} tokens ({:.3g} sequences) and a learning rate of {:.2g}; "
      "the job's batch is {:.2g} times that",
      sim::format_token_count(answer.law.batch), sequences, answer.law.learning_rate,
      answer.batch_ratio);
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
