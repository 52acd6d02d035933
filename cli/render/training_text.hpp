// What text and pages say alike of a whole run of training.
#pragma once

#include <string>

#include "cli/render/training_answer.hpp"

namespace seqspan::cli {

// "17,774", "0.554".
[[nodiscard]] std::string money(planner::Money amount);
[[nodiscard]] std::string hours(planner::GpuHours amount);
// "9.1 days: 59,605 steps, 335,414 GPU-hours".
[[nodiscard]] std::string run_text(const planner::TrainingRun& run);
// "at 2.5 a GPU-hour".
[[nodiscard]] std::string price_text(planner::Money price);
// How many times a batch is another: "682", "3", "0.054", "1/11,364".
[[nodiscard]] std::string factor_text(double factor);

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
