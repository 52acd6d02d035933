#include "cli/commands/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/arguments/requests.hpp"
#include "cli/commands/job.hpp"
#include "cli/commands/plan_answer.hpp"
#include "cli/commands/plan_file.hpp"
#include "cli/page/report_page.hpp"
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
  if (!is_object || !json.contains("verdict") || !json["verdict"].is_object() ||
      !json.contains("ops") || !json["ops"].is_array()) {
    return sim::input_error("this is no result of a validation", file, {},
                            "seqspan validate PLAN --json > FILE writes one");
  }
  return Validation(std::move(json));
}

// A measurement of another job says nothing about this one.
sim::Result<void> check_same_job(const nlohmann::json& validation, const sim::Job& job,
                                 const std::string& file) {
  const auto described = validation.find("job");
  const bool names_model = described != validation.end() && described->is_object() &&
                           described->contains("model") && (*described)["model"].is_string();
  if (!names_model) {
    return sim::input_error("this is no result of a validation", file, "its job names no model",
                            "seqspan validate PLAN --json > FILE writes one");
  }
  const auto model = (*described)["model"].get<std::string>();
  if (model == job.model.name) return {};
  return sim::input_error(
      "the validation is of another job", file,
      fmt::format("its model is {}, the job's {}", sim::printable(model), job.model.name),
      "validate this job");
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
