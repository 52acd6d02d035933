#include "cli/arguments/requests.hpp"
#include "cli/arguments/values.hpp"

namespace seqspan::cli {

sim::Result<PlanOrJobArguments> plan_or_job_of(const ParsedLine& line) {
  PlanOrJobArguments arguments;
  arguments.file = line.value("PLAN");
  if (arguments.file.empty()) {
    return sim::input_error(program_and(line.command) + " needs a plan", {}, {},
                            "seqspan plan JOB -o plan.json writes one; or JOB --layout L");
  }
  if (line.has("--layout")) arguments.layout = line.value("--layout");
  arguments.settings = line.all("--set");
  if (!arguments.layout && !arguments.settings.empty()) {
    return sim::input_error("a plan has its settings in it", "--set", {},
                            "make the plan with them, or name a job and a --layout");
  }
  const auto choice = count_of(line, "--choice");
  if (!choice) return tl::unexpected(choice.error());
  arguments.choice = choice->value_or(arguments.choice);
  return arguments;
}

}  // namespace seqspan::cli
