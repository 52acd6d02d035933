#include "cli/arguments/requests.hpp"

#include "sim/errors/quote.hpp"

namespace seqspan::cli {

sim::Result<Request> cluster_of(const ParsedLine& line) {
  const std::string usage = "seqspan cluster show CLUSTER; seqspan cluster -h has examples";
  if (!line.has("ACTION")) {
    return sim::input_error("seqspan cluster needs an action", {}, {}, usage);
  }
  if (line.value("ACTION") != "show") {
    return sim::input_error("seqspan cluster has no action " + sim::quote(line.value("ACTION")), {},
                            {}, usage);
  }
  ClusterArguments arguments{line.value("CLUSTER"), std::nullopt, line.value("--svg")};
  if (arguments.cluster.empty()) {
    return sim::input_error("seqspan cluster show needs a cluster", {}, {}, usage);
  }
  if (line.has("--layout")) arguments.layout = line.value("--layout");
  if (line.has("--svg") && arguments.svg_file.empty()) {
    return sim::input_error("the name of the file is empty", "--svg");
  }
  if (line.has("--json") && arguments.svg_file == "-") {
    return sim::input_error("two answers for standard output", "--json", {},
                            "leave one of them out");
  }
  return arguments;
}

}  // namespace seqspan::cli
