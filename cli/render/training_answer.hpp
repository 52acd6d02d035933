// What a plan says of a whole run: how long the token budget takes, what it costs, what batch the
// Step Law suggests, and how large a cluster it needs. As text and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/render/style.hpp"
#include "planner/cluster_size.hpp"
#include "planner/step_law.hpp"

namespace seqspan::cli {

struct TrainingAnswer {
  TrainingQuestion question;
  std::optional<planner::TrainingRun> run;  // absent: no layout fits
  bool meets_deadline = false;
  planner::StepLaw law;
  double batch_ratio = 0;                       // the job's batch over the law's
  std::vector<planner::ClusterOption> options;  // with --minimize
  std::optional<std::size_t> chosen;            // of them

  // A cluster was looked for, and none is done in time: there is no plan.
  [[nodiscard]] bool none_in_time() const { return question.minimize && !chosen; }
};

[[nodiscard]] std::string training_section(const Style& style, const sim::Job& job,
                                           const TrainingAnswer& answer);
// The sizes that were looked at; empty without --minimize.
[[nodiscard]] std::string clusters_section(const Style& style, const sim::Job& job,
                                           const TrainingAnswer& answer);
// A batch that is far from what the law suggests, in one sentence; empty where it is not.
[[nodiscard]] std::string batch_warning(const sim::Job& job, const TrainingAnswer& answer);

// Adds `training` and, with --minimize, `clusters`.
void add_training(nlohmann::ordered_json& object, const TrainingAnswer& answer);

}  // namespace seqspan::cli
