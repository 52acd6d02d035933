#include "cli/arguments/requests.hpp"

namespace seqspan::cli {

sim::Result<Request> simulate_of(const ParsedLine& line) {
  sim::Result<JobArguments> job = job_of(line);
  if (!job) return tl::unexpected(job.error());
  SimulateArguments arguments{std::move(*job), std::nullopt, line.has("--program")};
  if (line.has("--layout")) arguments.layout = line.value("--layout");
  if (arguments.program && line.has("--json")) {
    return sim::input_error("--program has no JSON form", "--json", {}, "leave one of them out");
  }
  return arguments;
}

}  // namespace seqspan::cli
