#include "cli/arguments/requests.hpp"

namespace seqspan::cli {

sim::Result<Request> report_of(const ParsedLine& line) {
  sim::Result<PlanQuestion> question = plan_question_of(line);
  if (!question) return tl::unexpected(question.error());
  ReportArguments arguments;
  arguments.question = *std::move(question);
  arguments.output_file = line.value("--output");
  arguments.validation_file = line.value("--validation");
  if (arguments.output_file.empty()) {
    return sim::input_error("where is the report to go?", "--output", {},
                            "-o report.html, or -o - for standard output");
  }
  if (line.has("--validation") && arguments.validation_file.empty()) {
    return sim::input_error("the file's name is empty", "--validation");
  }
  if (line.has("--json")) {
    return sim::input_error("a report has no JSON form", "--json", {}, "seqspan plan JOB --json");
  }
  return arguments;
}

}  // namespace seqspan::cli
