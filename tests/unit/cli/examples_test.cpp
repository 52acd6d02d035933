// Every example of the help and of docs/cli.md is a command that works.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cli/arguments.hpp"
#include "cli/help.hpp"
#include "cli/parser.hpp"
#include "cli/run.hpp"
#include "tests/unit/cli/captured_output.hpp"

namespace seqspan::cli {
namespace {

// Indented lines that start with "seqspan ", continuations joined, without the program and without
// what follows a '>'.
std::vector<std::vector<std::string>> examples_in(std::istream& text) {
  std::vector<std::vector<std::string>> examples;
  for (std::string line; std::getline(text, line);) {
    while (!line.empty() && line.back() == '\\') {
      line.pop_back();
      std::string next;
      std::getline(text, next);
      line += next;
    }
    if (line.rfind("  ", 0) != 0) continue;
    std::istringstream words(line);
    std::vector<std::string> example;
    for (std::string word; words >> word && word != ">";) example.push_back(word);
    if (example.empty() || example.front() != "seqspan") continue;
    example.erase(example.begin());
    examples.push_back(std::move(example));
  }
  return examples;
}

void expect_to_work(const std::vector<std::string>& example) {
  const auto invocation = parse_arguments(example);
  ASSERT_TRUE(invocation.has_value()) << invocation.error().what;
  const auto* plan = std::get_if<PlanArguments>(&invocation->request);
  if (plan != nullptr && !plan->output_file.empty()) return;  // would leave a file behind
  if (std::holds_alternative<ServeArguments>(invocation->request)) return;   // would not end
  if (std::holds_alternative<ReportArguments>(invocation->request)) return;  // likewise
  const auto* simulate = std::get_if<SimulateArguments>(&invocation->request);
  if (simulate != nullptr && !simulate->trace_file.empty()) return;         // likewise
  if (std::holds_alternative<TraceArguments>(invocation->request)) return;  // of that file
  const auto* profile = std::get_if<ProfileArguments>(&invocation->request);
  if (profile != nullptr && !profile->output_file.empty()) return;  // likewise
  CapturedOutput captured;
  const int code = run(example, captured.output);
  EXPECT_TRUE(code == 0 || code == 1) << captured.messages();
  EXPECT_NE(captured.answers(), "");
}

TEST(Examples, OfTheHelp) {
  std::size_t count = 0;
  std::vector<std::string_view> commands(command_names().begin(), command_names().end());
  commands.emplace_back("");
  for (const std::string_view command : commands) {
    const std::string help = help_text(command, {}, false);
    std::istringstream text(help.substr(0, help.find("Usage:")));
    for (const auto& example : examples_in(text)) {
      // It starts this program again as ranks, which a test is not: tests/docs runs it.
      if (example.front() == "validate") continue;
      if (example.front() == "diff") continue;  // of files that golden.diff makes
      SCOPED_TRACE(testing::PrintToString(example));
      expect_to_work(example);
      ++count;
    }
  }
  EXPECT_GT(count, 10U);
}

TEST(Examples, OfTheDocumentation) {
  std::ifstream text("docs/cli.md");
  const auto examples = examples_in(text);
  EXPECT_GT(examples.size(), 10U);
  for (const auto& example : examples) {
    if (example.front() == "validate" || example.front() == "diff") continue;  // likewise
    SCOPED_TRACE(testing::PrintToString(example));
    expect_to_work(example);
  }
}

}  // namespace
}  // namespace seqspan::cli
