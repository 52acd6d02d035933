#include "cli/arguments/requests.hpp"

#include <fmt/format.h>

#include <charconv>

#include "sim/errors/quote.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kMostBest = 1000;

}  // namespace

sim::Result<std::size_t> best_of(const ParsedLine& line) {
  if (!line.has("--best")) return PlanArguments{}.best;
  const std::string text = line.value("--best");
  std::size_t best = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), best);
  if (failure != std::errc{} || end != text.data() + text.size() || best < 1 || best > kMostBest) {
    return sim::input_error(sim::quote(text) + " is no number of layouts", "--best", {},
                            fmt::format("a whole number from 1 to {}", kMostBest));
  }
  return best;
}

sim::Result<Request> plan_of(const ParsedLine& line) {
  sim::Result<JobArguments> job = job_of(line);
  if (!job) return tl::unexpected(job.error());
  const sim::Result<std::size_t> best = best_of(line);
  if (!best) return tl::unexpected(best.error());
  if (line.has("--output") && line.value("--output").empty()) {
    return sim::input_error("the name of the output file is empty", "--output");
  }
  return PlanArguments{std::move(*job), *best, line.value("--output")};
}

}  // namespace seqspan::cli
