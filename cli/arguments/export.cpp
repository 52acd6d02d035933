#include "cli/arguments/requests.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::cli {

sim::Result<Request> export_of(const ParsedLine& line) {
  ExportArguments arguments;
  sim::Result<PlanOrJobArguments> plan = plan_or_job_of(line);
  if (!plan) return tl::unexpected(plan.error());
  arguments.plan = *std::move(plan);
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
