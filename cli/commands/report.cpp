#include "cli/commands/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/arguments/requests.hpp"
#include "cli/commands/job.hpp"
#include "cli/commands/plan_answer.hpp"
#include "cli/commands/plan_file.hpp"
#include "cli/page/report_page.hpp"
#include "cli/render/result_parts.hpp"
#include "cli/write_file.hpp"
#include "sim/errors/quote.hpp"
#include "sim/spec/input_file.hpp"

namespace seqspan::cli {
namespace {

using Validation = std::optional<nlohmann::json>;

sim::Result<Validation> read_validation(const std::string& file) {
  if (file.empty()) return Validation();
  const auto text = sim::read_input_file(file, file);
  if (!text) return tl::unexpected(text.error());
  nlohmann::json json = nlohmann::json::parse(text->text, nullptr, false);
  const bool is_object = !json.is_discarded() && json.is_object();
  const auto has = [&json, is_object](const char* key, nlohmann::json::value_t type) {
    return is_object && json.contains(key) && json[key].type() == type;
  };
  if (!has("verdict", nlohmann::json::value_t::object) ||
      !has("ops", nlohmann::json::value_t::array) ||
      !has("layout", nlohmann::json::value_t::object)) {
    return sim::input_error("this is no result of a validation", file, {},
                            "seqspan validate PLAN --json > FILE writes one");
  }
  return Validation(std::move(json));
}

std::string text_of_value(const nlohmann::json& value) {
  constexpr std::size_t kLongest = 60;
  const std::string text =
      value.is_string() ? value.get<std::string>()
                        : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return sim::printable(text.substr(0, kLongest)) + (text.size() > kLongest ? "..." : "");
}

// A measurement of another job says nothing about this one.
sim::Result<void> check_same_job(const nlohmann::json& validation, const sim::Job& job,
                                 const std::string& file) {
  const nlohmann::json own = {{"model", job.model.name},
                              {"framework", name_of(job.framework)},
                              {"sequence_length_tokens", job.training.sequence_length}};
  const nlohmann::json described = validation.value("job", nlohmann::json());
  for (const char* key : {"model", "framework", "sequence_length_tokens"}) {
    const bool is_named = described.is_object() && described.contains(key) &&
                          described[key].is_string() == own[key].is_string() &&
                          described[key].is_number_integer() == own[key].is_number_integer();
    if (!is_named) {
      return sim::input_error("this is no result of a validation",
                              fmt::format("{} (job.{})", file, key),
                              fmt::format("its job names no {}", key),
                              "seqspan validate PLAN --json > FILE writes one");
    }
    if (described[key] == own[key]) continue;
    return sim::input_error("the validation is of another job",
                            fmt::format("{} (job.{})", file, key),
                            fmt::format("its {} is {}, the job's {}", key,
                                        text_of_value(described[key]), text_of_value(own[key])),
                            "validate this job");
  }
  return {};
}

// What it says of the job's best layout is for the reader to judge.
void warn_of_another_layout(const nlohmann::json& validation, const planner::Plan& plan,
                            const std::string& file, Output& output) {
  if (plan.best.empty()) return;
  const nlohmann::json own = layout_json(plan.best.front().simulation.layout);
  std::string differences;
  for (const auto& [key, value] : own.items()) {
    const nlohmann::json theirs = validation["layout"].value(key, nlohmann::json());
    if (theirs == value) continue;
    differences += fmt::format("{}{} {} instead of {}", differences.empty() ? "" : ", ", key,
                               text_of_value(theirs), text_of_value(value));
  }
  if (differences.empty()) return;
  output.warning(
      fmt::format("the validation is of another layout than the best: {} ({})", differences, file));
}

// A plan file stands for the job that it was made of, asked for in the same way: options that are
// given go before those of the plan.
sim::Result<void> read_plan_file(PlanQuestion& question) {
  const JobArguments& job = question.job;
  if (job.file.empty() || !is_plan_file(job.file)) return {};
  auto given = read_plan_given(job.file);
  if (!given) return tl::unexpected(given.error());
  if (!job.settings.empty()) {
    return sim::input_error("a plan's job cannot be changed", "--set", {},
                            "give the job instead of the plan");
  }
  AskedOptions asked = question.asked;
  asked.merge(given->asked);
  auto same = plan_question_of(std::move(given->job), asked);
  if (!same) return tl::unexpected(same.error());
  question = *std::move(same);
  return {};
}

}  // namespace

sim::Result<ExitCode> report_command(const ReportArguments& arguments, Output& output) {
  PlanQuestion question = arguments.question;
  if (auto read = read_plan_file(question); !read) return tl::unexpected(read.error());
  const auto validation = read_validation(arguments.validation_file);
  if (!validation) return tl::unexpected(validation.error());
  if (*validation) {
    const sim::Result<sim::Job> job = read_job(question.job);
    if (!job) return tl::unexpected(job.error());
    const auto same = check_same_job(**validation, *job, arguments.validation_file);
    if (!same) return tl::unexpected(same.error());
  }
  const sim::Result<PlanAnswer> answer = answer_of(question, output);
  if (!answer) return tl::unexpected(answer.error());
  if (*validation) {
    warn_of_another_layout(**validation, answer->plan, arguments.validation_file, output);
  }
  sim::Simulator simulator(answer->job);
  if (const sim::Result<void> ok = simulator.check(); !ok) return tl::unexpected(ok.error());
  const std::string page = report_page(
      {answer->job, answer->given, answer->plan, answer->training ? &*answer->training : nullptr,
       *validation ? &**validation : nullptr},
      simulator);
  if (arguments.output_file == "-") {
    output.answer(page);
  } else {
    const sim::Result<void> written = write_file(arguments.output_file, page);
    if (!written) return tl::unexpected(written.error());
    print_warnings(answer->job, output);
    output.message(fmt::format("wrote {}\n", arguments.output_file));
  }
  return exit_code_of(*answer);
}

}  // namespace seqspan::cli
