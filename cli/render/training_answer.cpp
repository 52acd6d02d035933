#include "cli/render/training_answer.hpp"

#include <fmt/format.h>

#include "cli/render/answer.hpp"
#include "cli/render/layout_choice.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/result_parts.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "cli/render/training_text.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {
namespace {

std::string deadline_text(const Style& style, const TrainingAnswer& answer) {
  if (!answer.question.deadline) return {};
  const std::string deadline = sim::format_duration(*answer.question.deadline);
  return answer.meets_deadline ? ", " + green(style, "within the deadline of " + deadline)
                               : ", " + red(style, "over the deadline of " + deadline);
}

std::string verdict_of(const Style& style, const TrainingAnswer& answer,
                       const planner::ClusterOption& option) {
  const std::string text = cluster_verdict(answer, option);
  if (!option.layout) return red(style, text);
  if (is_chosen(answer, option)) return green(style, bold(style, text));
  return option.meets_deadline ? text : yellow(style, text);
}

}  // namespace

std::string training_section(const Style& style, const sim::Job& job,
                             const TrainingAnswer& answer) {
  std::string text = heading(
      style, fmt::format("Training on {} tokens", sim::format_token_count(answer.question.budget)));
  if (answer.run) {
    std::string run = run_text(*answer.run);
    if (answer.run->cost) {
      run += ", " + money(*answer.run->cost) + " " + price_text(*answer.question.price);
    }
    text += paragraph("  ", run + deadline_text(style, answer), style.width);
  }
  return text + paragraph("  ", law_text(job, answer), style.width);
}

std::string clusters_section(const Style& style, const sim::Job& job,
                             const TrainingAnswer& answer) {
  if (answer.options.empty()) return {};
  std::vector<Column> columns = {{"GPUs", Align::kRight},
                                 {"best layout", Align::kLeft, true},
                                 {"step", Align::kRight},
                                 {"takes", Align::kRight},
                                 {"GPU-hours", Align::kRight}};
  if (answer.question.price) columns.push_back({"cost", Align::kRight});
  columns.push_back({"", Align::kLeft});
  Table table(std::move(columns));
  for (const planner::ClusterOption& option : answer.options) {
    if (!option.planned) continue;
    std::vector<std::string> cells = {sim::format_count(option.gpus)};
    if (option.layout) {
      cells.push_back(short_layout(job, *option.layout));
      cells.push_back(sim::format_time(option.step));
      cells.push_back(sim::format_duration(option.run.time));
      cells.push_back(hours(option.run.gpu_hours));
      if (answer.question.price) cells.push_back(money(*option.run.cost));
    } else {
      cells.resize(answer.question.price ? 6 : 5);
    }
    cells.push_back(verdict_of(style, answer, option));
    table.add(std::move(cells));
  }
  std::string text = heading(style, clusters_title(answer));
  const std::string left_out = unplanned_text(answer);
  if (!left_out.empty()) text += paragraph("  ", left_out, style.width);
  return answer.options.back().planned ? text + table.text(style) : text;
}

std::string batch_warning(const sim::Job& job, const TrainingAnswer& answer) {
  const double ratio = answer.batch_ratio;
  if (ratio <= planner::kFarBatch && ratio >= 1 / planner::kFarBatch) return {};
  const char* const advice =
      ratio > 1 ? "a smaller batch leaves less for data parallelism, and more GPUs for context or "
                  "tensor parallelism"
                : "a larger batch would also let more GPUs be data parallel";
  return fmt::format(
      "the global batch of {} sequences is {} times what the Step Law suggests for {} tokens: "
      "{} (training.global_batch_size)",
      job.training.global_batch_size, factor_text(ratio),
      sim::format_token_count(answer.question.budget), advice);
}

void add_training(nlohmann::ordered_json& object, const TrainingAnswer& answer) {
  Json training = {{"tokens", answer.question.budget.value()}};
  const auto add_run = [&](Json& to, const planner::TrainingRun& run) {
    to["steps"] = run.steps;
    to["training_seconds"] = number(run.time);
    to["gpu_hours"] = number(run.gpu_hours.value());
    if (run.cost) to["cost"] = number(run.cost->value());
  };
  if (answer.run) add_run(training, *answer.run);
  if (answer.question.deadline) {
    training["deadline_seconds"] = number(*answer.question.deadline);
    training["meets_deadline"] = answer.meets_deadline;
  }
  training["step_law"] = {{"batch_tokens", answer.law.batch.value()},
                          {"learning_rate", number(answer.law.learning_rate)},
                          {"batch_ratio", number(answer.batch_ratio)}};
  object["training"] = std::move(training);
  if (answer.options.empty()) return;
  object["clusters"] = Json::array();
  for (const planner::ClusterOption& option : answer.options) {
    Json entry = {{"nodes", option.nodes},
                  {"gpus", option.gpus},
                  {"planned", option.planned},
                  {"least_training_seconds", number(option.least_time)},
                  {"fits", option.layout.has_value()},
                  {"meets_deadline", option.meets_deadline}};
    if (option.layout) {
      entry["layout"] = layout_json(*option.layout);
      entry["step_seconds"] = number(option.step);
      add_run(entry, option.run);
    }
    object["clusters"].push_back(std::move(entry));
  }
}

}  // namespace seqspan::cli
