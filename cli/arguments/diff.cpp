#include "cli/arguments/requests.hpp"

namespace seqspan::cli {

sim::Result<Request> diff_of(const ParsedLine& line) {
  const std::vector<std::string> files = line.all("FILE");
  if (files.size() != 2) {
    return sim::input_error("seqspan diff needs two files", {}, {},
                            "plans (seqspan plan JOB -o FILE) or results (--json)");
  }
  return DiffArguments{files[0], files[1]};
}

}  // namespace seqspan::cli
