#include "cli/commands/plan.hpp"

#include <fmt/format.h>

#include "cli/commands/job.hpp"
#include "cli/commands/plan_answer.hpp"
#include "cli/render/plan_report.hpp"
#include "cli/render/plan_summary.hpp"
#include "cli/render/result_json.hpp"
#include "cli/render/training_answer.hpp"
#include "cli/write_file.hpp"
#include "sim/units/format_units.hpp"

namespace seqspan::cli {

namespace {

std::string json_of(const PlanAnswer& answer) {
  return plan_json(answer.job, answer.given, answer.asked, answer.plan,
                   answer.training ? &*answer.training : nullptr);
}

void print(const PlanAnswer& answer, bool summary, Output& output) {
  const Style& style = output.style();
  const bool none_in_time = answer.training && answer.training->none_in_time();
  if (none_in_time) {
    output.answer(bold(style, "No cluster is done in time.") + "\n");
  } else {
    output.answer(summary ? plan_summary(style, answer.job, answer.plan)
                          : plan_report(style, answer.job, answer.plan));
  }
  if (answer.training) {
    output.answer(clusters_section(style, answer.job, *answer.training));
    output.answer(training_section(style, answer.job, *answer.training));
  }
  print_warnings(answer.job, output);
  if (answer.training) {
    const std::string warning = batch_warning(answer.job, *answer.training);
    if (!warning.empty()) output.warning(warning);
  }
  output.message(
      fmt::format("searched in {}\n", sim::format_time(sim::Seconds(answer.plan.search_seconds))));
  if (none_in_time || summary) return;
  output.answer(next_commands(style, answer.job, answer.plan, command_text(answer.given)));
}

}  // namespace

sim::Result<ExitCode> plan_command(const PlanArguments& arguments, const DisplayOptions& display,
                                   Output& output) {
  const sim::Result<PlanAnswer> answer = answer_of(arguments.question, output);
  if (!answer) return tl::unexpected(answer.error());
  // The file first: it is whole even if nobody reads the rest.
  const bool to_answers = display.json || arguments.output_file == "-";
  const bool to_file = !arguments.output_file.empty() && arguments.output_file != "-";
  const std::string json = to_answers || to_file ? json_of(*answer) : "";
  if (to_file) {
    const sim::Result<void> written = write_file(arguments.output_file, json);
    if (!written) return tl::unexpected(written.error());
  }
  if (to_answers) {
    output.answer(json);
  } else {
    print(*answer, arguments.summary, output);
  }
  if (to_file) output.message(fmt::format("wrote {}\n", arguments.output_file));
  return exit_code_of(*answer);
}

}  // namespace seqspan::cli
