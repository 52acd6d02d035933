#include <limits>

#include "cli/arguments/requests.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::cli {

sim::Result<Request> serve_of(const ParsedLine& line) {
  sim::Result<JobArguments> job = job_of(line);
  if (!job) return tl::unexpected(job.error());
  ServeArguments arguments;
  arguments.job = *std::move(job);
  if (line.has("--layout")) arguments.layout = line.value("--layout");
  if (line.has("--json")) {
    return sim::input_error("a page has no JSON form", "--json", {},
                            "ask it for /api/simulate, or seqspan simulate JOB --layout L --json");
  }
  if (!line.has("--port")) return arguments;
  const std::string text = line.value("--port");
  const bool digits = !text.empty() && text.size() <= 5 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  const unsigned long port = digits ? std::stoul(text) : std::numeric_limits<unsigned long>::max();
  if (port > std::numeric_limits<std::uint16_t>::max()) {
    return sim::input_error(sim::quote(text) + " is no port", "--port", {},
                            "a number up to 65535; 0 takes a free one");
  }
  arguments.port = static_cast<std::uint16_t>(port);
  return arguments;
}

}  // namespace seqspan::cli
