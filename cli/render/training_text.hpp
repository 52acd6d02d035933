// What text and pages say alike of a whole run of training.
#pragma once

#include <string>

#include "cli/render/training_answer.hpp"

namespace seqspan::cli {

// Whole units.
[[nodiscard]] std::string money(planner::Money amount);
[[nodiscard]] std::string hours(planner::GpuHours amount);

// The batch and the learning rate that the Step Law suggests.
[[nodiscard]] std::string law_text(const sim::Job& job, const TrainingAnswer& answer);

[[nodiscard]] const char* clusters_title(const TrainingAnswer& answer);
// Sizes that are too slow at every GPU's peak; empty where there is none.
[[nodiscard]] std::string unplanned_text(const TrainingAnswer& answer);
[[nodiscard]] bool is_chosen(const TrainingAnswer& answer, const planner::ClusterOption& option);
// "chosen", "in time", "too slow", "no layout fits"; empty where there is nothing to say.
[[nodiscard]] std::string cluster_verdict(const TrainingAnswer& answer,
                                          const planner::ClusterOption& option);

}  // namespace seqspan::cli
