#include "cli/arguments/requests.hpp"

namespace seqspan::cli {

sim::Result<Request> replay_of(const ParsedLine& line) {
  ReplayArguments arguments;
  arguments.files = line.all("FILE");
  arguments.markdown = line.has("--markdown");
  arguments.svg_file = line.value("--svg");
  if (arguments.files.empty()) {
    return sim::input_error("seqspan replay needs a case", {}, {},
                            "seqspan replay FILE...; those of tests/published/cases are shipped");
  }
  if (line.has("--svg") && arguments.svg_file.empty()) {
    return sim::input_error("the name of the file is empty", "--svg");
  }
  if (static_cast<int>(line.has("--json")) + static_cast<int>(arguments.markdown) +
          static_cast<int>(arguments.svg_file == "-") >
      1) {
    return sim::input_error("two answers for standard output", {}, {}, "leave one of them out");
  }
  return arguments;
}

}  // namespace seqspan::cli
