#include <algorithm>
#include <array>
#include <utility>

#include "cli/arguments/requests.hpp"
#include "sim/errors/did_you_mean.hpp"
#include "sim/errors/quote.hpp"

namespace seqspan::cli {
namespace {

constexpr std::array<std::pair<const char*, ExplainedPart>, 4> kParts = {{
    {"step", ExplainedPart::kStep},
    {"time", ExplainedPart::kTime},
    {"network", ExplainedPart::kNetwork},
    {"memory", ExplainedPart::kMemory},
}};

sim::Result<ExplainedPart> part_of(const ParsedLine& line) {
  if (!line.has("--part")) return ExplainedPart::kAll;
  const std::string given = line.value("--part");
  std::vector<std::string> names;
  for (const auto& [name, part] : kParts) {
    if (given == name) return part;
    names.emplace_back(name);
  }
  return sim::input_error("a prediction has no part " + sim::quote(given), "--part", {},
                          sim::did_you_mean(given, names, "parts"));
}

// A reason code or a field, unless a job is named in any way.
bool asks_for_prediction(const ParsedLine& line) {
  constexpr std::array kOfJobs = {"--layout",
                                  "--against",
                                  "--part",
                                  "--op",
                                  "--model",
                                  "--set",
                                  "--cluster",
                                  "--framework",
                                  "--sequence-length",
                                  "--global-batch-size"};
  const std::string topic = line.value("TOPIC");
  return topic.find('/') != std::string::npos || topic.ends_with(".json") ||
         std::any_of(kOfJobs.begin(), kOfJobs.end(),
                     [&](const char* option) { return line.has(option); });
}

}  // namespace

sim::Result<Request> explain_of(const ParsedLine& line) {
  if (!asks_for_prediction(line)) return ExplainArguments{line.value("TOPIC"), std::nullopt};
  ParsedLine of_job = line;
  if (line.has("TOPIC")) of_job.values["JOB"] = line.all("TOPIC");
  sim::Result<JobArguments> job = job_of(of_job);
  if (!job) return tl::unexpected(job.error());
  const sim::Result<ExplainedPart> part = part_of(line);
  if (!part) return tl::unexpected(part.error());
  PredictionArguments prediction{std::move(*job), {}, {}, *part, line.value("--op")};
  if (line.has("--layout")) prediction.layout = line.value("--layout");
  if (line.has("--against")) prediction.against = line.value("--against");
  if (prediction.against && (line.has("--part") || line.has("--op"))) {
    return sim::input_error("--against compares two layouts as a whole", "--against", {},
                            "leave out --part and --op");
  }
  if (line.has("--op") && prediction.op.empty()) {
    return sim::input_error("the name of the op is empty", "--op");
  }
  if (line.has("--op") && line.has("--part")) {
    return sim::input_error("--op is one op of one part", "--part", {}, "leave one of them out");
  }
  return ExplainArguments{{}, std::move(prediction)};
}

}  // namespace seqspan::cli
