// Results for scripts: one JSON object with the fields of docs/cli.md. Numbers are plain and in the
// unit that the key names; whole bytes are integers. Same result, same bytes.
#pragma once

#include <string>

#include "cli/arguments.hpp"
#include "planner/plan.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::cli {

struct TrainingAnswer;

// Throws std::domain_error for a number that is not finite: a result that holds one is a fault of
// ours, and no script should read it.
[[nodiscard]] std::string simulation_json(const sim::Job& job, const sim::Simulation& simulation);
// Two layouts of one job: `first` and `second`, each as simulation_json has it.
[[nodiscard]] std::string against_json(const sim::Job& job, const sim::Simulation& first,
                                       const sim::Simulation& second);
// `given`: what the job was read from, `asked`: how it was planned; `training`: of a whole run,
// where that was asked for.
[[nodiscard]] std::string plan_json(const sim::Job& job, const JobArguments& given,
                                    const AskedOptions& asked, const planner::Plan& plan,
                                    const TrainingAnswer* training = nullptr);

}  // namespace seqspan::cli
