#include "cli/arguments/requests.hpp"
#include "cli/arguments/values.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::cli {

sim::Result<Request> export_of(const ParsedLine& line) {
  ExportArguments arguments;
  arguments.plan = line.value("PLAN");
  if (arguments.plan.empty()) {
    return sim::input_error("seqspan export needs a plan", {}, {},
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
  const auto target = planner::export_target_named(line.value("--to"));
  if (!target) {
    return sim::input_error(
        line.has("--to") ? "no exporter for " + sim::quote(line.value("--to")) : "export to what?",
        "--to", {}, "megatron, deepspeed, accelerate, torchtitan or verl");
  }
  arguments.target = *target;
  arguments.output_file = line.value("--output");
  return arguments;
}

sim::Result<Request> import_of(const ParsedLine& line) {
  ImportArguments arguments;
  arguments.file = line.value("FILE");
  if (arguments.file.empty()) {
    return sim::input_error("seqspan import needs a file", {}, {},
                            "a script with Megatron-LM's flags, or a torchtitan TOML");
  }
  return arguments;
}

}  // namespace seqspan::cli
