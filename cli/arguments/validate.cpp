#include "cli/arguments/requests.hpp"

#include "cli/arguments/values.hpp"

namespace seqspan::cli {

sim::Result<Request> validate_of(const ParsedLine& line, const std::vector<std::string>& words) {
  ValidateArguments arguments;
  sim::Result<PlanOrJobArguments> plan = plan_or_job_of(line);
  if (!plan) return tl::unexpected(plan.error());
  arguments.plan = *std::move(plan);
  const auto backend = backend_of(line);
  if (!backend) return tl::unexpected(backend.error());
  arguments.backend = *backend;
  const bool is_one = line.has("--check") != line.has("--time");
  arguments.numbers = !is_one || line.has("--check");
  arguments.time = !is_one || line.has("--time");
  arguments.csv_file = line.value("--csv");
  arguments.words = words_without_display(words);
  sim::Error failure;
  const auto keep = [&failure](const auto& value) {
    if (!value) failure = value.error();
    return static_cast<bool>(value);
  };
  const auto ranks = count_of(line, "--ranks");
  const auto repetitions = count_of(line, "--repetitions");
  const auto warm_up = count_of(line, "--warm-up");
  const auto limit = time_of(line, "--exchange-limit", "5s");
  const auto tolerance = fraction_of(line, "--tolerance", arguments.tolerance);
  auto documents = counts_of(line, "--documents");
  if (!keep(ranks) || !keep(repetitions) || !keep(warm_up) || !keep(limit) || !keep(tolerance) ||
      !keep(documents)) {
    return tl::unexpected(failure);
  }
  arguments.ranks = *ranks;
  arguments.repetitions = repetitions->value_or(arguments.repetitions);
  arguments.warm_up = warm_up->value_or(arguments.warm_up);
  arguments.exchange_limit = *limit;
  arguments.tolerance = *tolerance;
  arguments.documents = *std::move(documents);
  return arguments;
}

}  // namespace seqspan::cli
