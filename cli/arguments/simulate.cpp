#include "cli/arguments/requests.hpp"

namespace seqspan::cli {

sim::Result<Request> simulate_of(const ParsedLine& line) {
  sim::Result<JobArguments> job = job_of(line);
  if (!job) return tl::unexpected(job.error());
  SimulateArguments arguments;
  arguments.job = *std::move(job);
  arguments.program = line.has("--program");
  arguments.trace_file = line.value("--trace");
  arguments.trace_detail = line.has("--trace-detail");
  if (line.has("--layout")) arguments.layout = line.value("--layout");
  if (arguments.program && line.has("--json")) {
    return sim::input_error("--program has no JSON form", "--json", {}, "leave one of them out");
  }
  if (line.has("--trace") && arguments.trace_file.empty()) {
    return sim::input_error("the file's name is empty", "--trace");
  }
  if (arguments.trace_detail && !line.has("--trace")) {
    return sim::input_error("there is no trace to detail", "--trace-detail", {},
                            "add --trace FILE");
  }
  const int answers = (arguments.program ? 1 : 0) + (arguments.trace_file == "-" ? 1 : 0) +
                      (line.has("--json") ? 1 : 0);
  if (answers > 1) {
    return sim::input_error("several answers for standard output", {}, {},
                            "one of --json, --program and --trace -");
  }
  return arguments;
}

}  // namespace seqspan::cli
