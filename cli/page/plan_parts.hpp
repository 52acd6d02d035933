// Parts of a report that are about the plan: why this layout, how its heads are shared out,
// documents and the whole run of training. Each is a section, empty where there is nothing to say.
#pragma once

#include <string>

#include "cli/render/training_answer.hpp"
#include "planner/plan.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

// How long a token budget takes and costs, and the sizes of cluster that were looked at.
[[nodiscard]] std::string training_html(const sim::Job& job, const TrainingAnswer& answer);
// The keys of the best layout, each changed alone.
[[nodiscard]] std::string why_html(const sim::Job& job, const planner::Plan& plan);
// The GPUs of a sequence, shared out otherwise.
[[nodiscard]] std::string groups_html(const sim::Job& job, const planner::Plan& plan);
// With documents: the fastest layout of each context parallel size, with and without imbalance.
[[nodiscard]] std::string context_trade_html(const sim::Job& job, const planner::Plan& plan);

}  // namespace seqspan::cli
