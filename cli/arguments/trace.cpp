#include "cli/arguments/requests.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::cli {

sim::Result<Request> trace_of(const ParsedLine& line) {
  const std::string action = line.value("ACTION");
  if (action != "summary") {
    return sim::input_error(action.empty()
                                ? "what about the trace?"
                                : sim::quote(action) + " is nothing that can be done with a trace",
                            {}, {}, "seqspan trace summary FILE");
  }
  if (line.value("FILE").empty()) {
    return sim::input_error("which trace?", {}, {},
                            "a file that seqspan simulate JOB --layout L --trace FILE has written");
  }
  return TraceArguments{TraceAction::kSummary, line.value("FILE")};
}

}  // namespace seqspan::cli
