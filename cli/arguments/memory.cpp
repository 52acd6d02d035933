#include <fmt/format.h>

#include "cli/arguments/requests.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::cli {
namespace {

// "training.sequence_length=32K,64K".
sim::Result<Sweep> sweep_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  const auto wrong = [&](const std::string& what) {
    return sim::input_error(what, "--sweep " + text, {},
                            "for example --sweep training.sequence_length=32K,64K or --sweep "
                            "layout.ulysses=1,2,4");
  };
  if (equals == std::string::npos || equals == 0) return wrong("no field and values");
  Sweep sweep{text.substr(0, equals), {}};
  for (std::size_t at = equals + 1; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    if (end == at) return wrong("a value is empty");
    sweep.values.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (sweep.values.empty()) return wrong("no values");
  return sweep;
}

}  // namespace

sim::Result<Request> memory_of(const ParsedLine& line) {
  sim::Result<JobArguments> job = job_of(line);
  if (!job) return tl::unexpected(job.error());
  MemoryArguments arguments;
  arguments.job = *std::move(job);
  if (!line.has("--layout")) {
    return sim::input_error(
        "which layout?", {}, {},
        "--layout tp=2,ulysses=4 (or --layout '' for the framework's defaults)");
  }
  arguments.layout = line.value("--layout");
  for (const std::string& text : line.all("--sweep")) {
    auto sweep = sweep_of(text);
    if (!sweep) return tl::unexpected(sweep.error());
    for (const Sweep& other : arguments.sweeps) {
      if (other.path == sweep->path) {
        return sim::input_error(sim::quote(sweep->path) + " is swept twice", "--sweep");
      }
    }
    arguments.sweeps.push_back(*std::move(sweep));
  }
  if (line.has("--max")) {
    const std::string field = line.value("--max");
    if (field != "sequence_length" && field != "training.sequence_length") {
      return sim::input_error("the largest value of " + sim::quote(field) + " is not searched for",
                              "--max", {}, "--max sequence_length");
    }
    for (const Sweep& sweep : arguments.sweeps) {
      if (sweep.path == "training.sequence_length") {
        return sim::input_error("the sequence length is both swept and searched for", "--max", {},
                                "leave one of them out");
      }
    }
    arguments.longest = true;
  }
  for (const char* option : {"--csv", "--svg", "--html"}) {
    if (line.has(option) && line.value(option).empty()) {
      return sim::input_error("the file's name is empty", option);
    }
  }
  arguments.csv_file = line.value("--csv");
  arguments.svg_file = line.value("--svg");
  arguments.html_file = line.value("--html");
  const int answers = (arguments.csv_file == "-" ? 1 : 0) + (arguments.svg_file == "-" ? 1 : 0) +
                      (arguments.html_file == "-" ? 1 : 0) + (line.has("--json") ? 1 : 0);
  if (answers > 1) {
    return sim::input_error("several answers for standard output", {}, {},
                            "one of --json, --csv -, --svg - and --html -");
  }
  return arguments;
}

}  // namespace seqspan::cli
