#include "cli/arguments/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "sim/errors/quote.hpp"
#include "sim/units/parse_units.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kMostBest = 1000;
// Of a plan, beside its job.
constexpr std::array kAsked = {"--best",     "--objective", "--also",    "--tokens",
                               "--deadline", "--price",     "--minimize"};

sim::Result<std::size_t> best_of(const ParsedLine& line) {
  if (!line.has("--best")) return PlanQuestion{}.best;
  const std::string text = line.value("--best");
  std::size_t best = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), best);
  if (failure != std::errc{} || end != text.data() + text.size() || best < 1 || best > kMostBest) {
    return sim::input_error(sim::quote(text) + " is no number of layouts", "--best", {},
                            fmt::format("a whole number from 1 to {}", kMostBest));
  }
  return best;
}

sim::Result<planner::Objective> objective_of(const ParsedLine& line) {
  if (!line.has("--objective")) return PlanQuestion{}.objective;
  const std::string text = line.value("--objective");
  for (std::size_t i = 0; i < planner::kObjectiveCount; ++i) {
    const auto objective = static_cast<planner::Objective>(i);
    if (text == name_of(objective)) return objective;
  }
  // On one cluster and batch, the same order.
  if (text == "tokens_per_gpu_second" || text == "cost_per_token") {
    return planner::Objective::kStepTime;
  }
  return sim::input_error(sim::quote(text) + " is no objective", "--objective", {},
                          "step_time, memory_headroom, tokens_per_gpu_second or cost_per_token");
}

sim::Result<planner::AlsoSearch> also_of(const ParsedLine& line) {
  planner::AlsoSearch also;
  std::string keys;
  for (const planner::AlsoKey& key : planner::kAlsoKeys) {
    keys += (keys.empty() ? "" : ", ") + std::string(key.name);
  }
  for (const std::string& asked : line.all("--also")) {
    const auto* const key =
        std::find_if(planner::kAlsoKeys.begin(), planner::kAlsoKeys.end(),
                     [&](const planner::AlsoKey& one) { return asked == one.name; });
    if (key == planner::kAlsoKeys.end()) {
      return sim::input_error(sim::quote(asked) + " is not searched on request", "--also",
                              "other keys are searched always, or never", "one of " + keys);
    }
    also.*key->member = true;
  }
  return also;
}

sim::Result<std::optional<planner::Money>> price_of(const ParsedLine& line) {
  if (!line.has("--price")) return std::nullopt;
  constexpr double kMost = 1e6;
  const std::string text = line.value("--price");
  double price = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), price);
  if (failure == std::errc{} && end == text.data() + text.size() && price > 0 && price <= kMost) {
    return planner::Money(price);
  }
  return sim::input_error(sim::quote(text) + " is no price", "--price", {},
                          "what one GPU costs for one hour, for example --price 2.5");
}

sim::Result<std::optional<planner::ClusterGoal>> goal_of(const ParsedLine& line) {
  if (!line.has("--minimize")) return std::nullopt;
  const std::string text = line.value("--minimize");
  for (const auto goal : {planner::ClusterGoal::kFewestGpus, planner::ClusterGoal::kLeastCost}) {
    if (text == name_of(goal)) return goal;
  }
  return sim::input_error(sim::quote(text) + " is nothing to minimize", "--minimize", {},
                          "gpus or cost");
}

sim::Error at(sim::Error error, const char* option) {
  error.where = option;
  return error;
}

sim::Result<std::optional<TrainingQuestion>> training_of(const ParsedLine& line) {
  if (!line.has("--tokens")) {
    for (const char* option : {"--deadline", "--price", "--minimize"}) {
      if (!line.has(option)) continue;
      return sim::input_error(std::string(option) + " is about a run of training", option,
                              "how many tokens it has is not said",
                              "add --tokens, for example --tokens 100B");
    }
    return std::nullopt;
  }
  TrainingQuestion question;
  const auto budget = sim::parse_token_budget(line.value("--tokens"));
  if (!budget) return tl::unexpected(at(budget.error(), "--tokens"));
  if (budget->value() == 0) {
    return sim::input_error("no tokens to train on", "--tokens", {}, "for example --tokens 100B");
  }
  question.budget = *budget;
  if (line.has("--deadline")) {
    const auto deadline = sim::parse_duration(line.value("--deadline"));
    if (!deadline) return tl::unexpected(at(deadline.error(), "--deadline"));
    if (deadline->value() == 0) {
      return sim::input_error("no time to train in", "--deadline", {},
                              "for example --deadline 10d");
    }
    question.deadline = *deadline;
  }
  const auto price = price_of(line);
  if (!price) return tl::unexpected(price.error());
  question.price = *price;
  const auto goal = goal_of(line);
  if (!goal) return tl::unexpected(goal.error());
  question.minimize = *goal;
  if (question.minimize == planner::ClusterGoal::kFewestGpus && !question.deadline) {
    return sim::input_error("without a deadline one node is enough", "--minimize",
                            "gpus asks for the smallest cluster that is done in time",
                            "add --deadline, for example --deadline 10d");
  }
  return question;
}

}  // namespace

sim::Result<PlanQuestion> plan_question_of(const ParsedLine& line) {
  sim::Result<JobArguments> job = job_of(line);
  if (!job) return tl::unexpected(job.error());
  AskedOptions asked;
  for (const char* option : kAsked) {
    if (line.has(option)) asked[option] = line.all(option);
  }
  return plan_question_of(*std::move(job), asked);
}

sim::Result<PlanQuestion> plan_question_of(JobArguments job, const AskedOptions& asked) {
  const ParsedLine line{{}, asked, {}};
  const sim::Result<std::size_t> best = best_of(line);
  if (!best) return tl::unexpected(best.error());
  const sim::Result<planner::Objective> objective = objective_of(line);
  if (!objective) return tl::unexpected(objective.error());
  const sim::Result<planner::AlsoSearch> also = also_of(line);
  if (!also) return tl::unexpected(also.error());
  const sim::Result<std::optional<TrainingQuestion>> training = training_of(line);
  if (!training) return tl::unexpected(training.error());
  return PlanQuestion{std::move(job), asked, *best, *objective, *also, *training};
}

sim::Result<Request> plan_of(const ParsedLine& line) {
  sim::Result<PlanQuestion> question = plan_question_of(line);
  if (!question) return tl::unexpected(question.error());
  if (line.has("--output") && line.value("--output").empty()) {
    return sim::input_error("the name of the output file is empty", "--output");
  }
  PlanArguments arguments{*std::move(question), line.value("--output"), line.has("--summary")};
  if (arguments.summary && (line.has("--json") || arguments.output_file == "-")) {
    return sim::input_error("a summary is text", "--summary", {}, "leave it or --json out");
  }
  return arguments;
}

}  // namespace seqspan::cli
