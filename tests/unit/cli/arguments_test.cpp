#include "cli/arguments.hpp"

#include <gtest/gtest.h>

namespace seqspan::cli {
namespace {

sim::Error error_of(const std::vector<std::string>& arguments) {
  const auto invocation = parse_arguments(arguments);
  return invocation ? sim::Error{} : invocation.error();
}

template <class T>
T request_of(const std::vector<std::string>& arguments) {
  const auto invocation = parse_arguments(arguments);
  EXPECT_TRUE(invocation.has_value()) << error_of(arguments).what;
  return std::get<T>(invocation->request);
}

TEST(Arguments, JobFileAndSettings) {
  const auto plan = request_of<PlanArguments>(
      {"plan", "--set", "a.b=1", "job.json", "--set=c=[1,2]", "--best", "7", "-o", "plan.json"});
  EXPECT_EQ(plan.question.job.file, "job.json");
  EXPECT_EQ(plan.question.job.settings, (std::vector<std::string>{"a.b=1", "c=[1,2]"}));
  EXPECT_EQ(plan.question.best, 7U);
  EXPECT_EQ(plan.output_file, "plan.json");
}

TEST(Arguments, ModelAndClusterStandInForAFile) {
  const auto plan = request_of<PlanArguments>(
      {"plan", "--model", "M", "--cluster=C", "--sequence-length", "128K"});
  EXPECT_EQ(plan.question.job.model, "M");
  EXPECT_EQ(plan.question.job.cluster, "C");
  EXPECT_EQ(plan.question.job.sequence_length, "128K");
  EXPECT_EQ(plan.question.job.framework, std::nullopt);
}

TEST(Arguments, AReportSearchesForWhatAPlanDoes) {
  const std::vector<std::string> words = {
      "job.json",    "--tokens",        "2B",     "--deadline",  "5d",     "--price", "2.5",
      "--objective", "memory_headroom", "--also", "head_groups", "--best", "3"};
  std::vector<std::string> of_plan = {"plan"};
  std::vector<std::string> of_report = {"report", "-o", "report.html"};
  of_plan.insert(of_plan.end(), words.begin(), words.end());
  of_report.insert(of_report.end(), words.begin(), words.end());
  const PlanQuestion plan = request_of<PlanArguments>(of_plan).question;
  const PlanQuestion report = request_of<ReportArguments>(of_report).question;
  EXPECT_EQ(report.best, 3U);
  EXPECT_EQ(report.objective, planner::Objective::kMemoryHeadroom);
  EXPECT_TRUE(report.also.head_groups);
  ASSERT_TRUE(report.training && plan.training);
  EXPECT_EQ(report.training->budget, plan.training->budget);
  EXPECT_EQ(report.training->deadline, sim::Seconds(5 * 86400));
  EXPECT_EQ(report.training->price->value(), 2.5);
}

TEST(Arguments, AnEmptyLayoutIsGivenAllTheSame) {
  EXPECT_EQ(request_of<SimulateArguments>({"simulate", "j", "--layout", ""}).layout, "");
  EXPECT_EQ(request_of<SimulateArguments>({"simulate", "j"}).layout, std::nullopt);
}

TEST(Arguments, DisplayOptionsBeforeAndAfterTheCommand) {
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"--json", "--color", "never", "--ascii", "version"},
        std::vector<std::string>{"version", "--ascii", "--json", "--color=never"}}) {
    const auto invocation = parse_arguments(line);
    ASSERT_TRUE(invocation.has_value());
    EXPECT_TRUE(invocation->display.json);
    EXPECT_TRUE(invocation->display.ascii);
    EXPECT_EQ(invocation->display.colour, ColourChoice::kNever);
  }
}

TEST(Arguments, AWordOfACommandIsAnArgumentAfterAnother) {
  EXPECT_EQ(request_of<ExplainArguments>({"explain", "plan"}).topic, "plan");
}

TEST(Arguments, ExplainTakesAJobByItsFileOrItsOptions) {
  const auto of_file =
      request_of<ExplainArguments>({"explain", "job.json", "--layout", "tp=2", "--part", "memory"});
  ASSERT_TRUE(of_file.prediction.has_value());
  EXPECT_EQ(of_file.prediction->job.file, "job.json");
  EXPECT_EQ(of_file.prediction->layout, "tp=2");
  EXPECT_EQ(of_file.prediction->part, ExplainedPart::kMemory);
  const auto of_names = request_of<ExplainArguments>(
      {"explain", "--model", "M", "--cluster", "C", "--layout", "", "--op", "norm"});
  ASSERT_TRUE(of_names.prediction.has_value());
  EXPECT_EQ(of_names.prediction->job.model, "M");
  EXPECT_EQ(of_names.prediction->op, "norm");
  EXPECT_FALSE(request_of<ExplainArguments>({"explain", "world_size"}).prediction.has_value());
}

TEST(Arguments, TwoDashesEndTheOptions) {
  EXPECT_EQ(request_of<PlanArguments>({"plan", "--", "--odd.json"}).question.job.file,
            "--odd.json");
}

TEST(Arguments, SuggestsCommandsAndOptions) {
  EXPECT_EQ(error_of({"pln", "x"}).fix, "did you mean 'plan'?");
  EXPECT_EQ(error_of({"help", "simulat"}).fix, "did you mean 'simulate'?");
  EXPECT_EQ(error_of({"plan", "j", "--bst=3"}).fix, "did you mean '--best'?");
  EXPECT_EQ(error_of({"simulate", "j", "--jsno"}).fix, "did you mean '--json'?");
  EXPECT_EQ(error_of({"simulate", "j", "-x"}).fix, "seqspan simulate --help lists what there is");
}

TEST(Arguments, OtherCommandsAreUnknown) {
  for (const char* name : {"traces", "deploy", "run"}) {
    EXPECT_EQ(error_of({name}).what, std::string("unknown command '") + name + "'");
  }
}

TEST(Arguments, EveryErrorIsOneOfTheInput) {
  const std::vector<std::vector<std::string>> lines = {
      {},
      {"plan"},
      {"plan", "--model", "M"},
      {"plan", "--cluster", "C"},
      {"plan", ""},
      {"plan", "j", "--model", "M"},
      {"plan", "j", "k"},
      {"plan", "j", "--best"},
      {"plan", "j", "--best", "0"},
      {"plan", "j", "--best", "1e3"},
      {"plan", "j", "--best", "99999999999999999999"},
      {"plan", "j", "-o", ""},
      {"simulate", "j", "--layout", "a", "--layout", "b"},
      {"simulate", "j", "--program", "--json"},
      {"--color", "purple", "version"},
      {"version", "x"},
  };
  for (const auto& line : lines) {
    const auto invocation = parse_arguments(line);
    ASSERT_FALSE(invocation.has_value()) << (line.empty() ? "" : line.back());
    EXPECT_EQ(invocation.error().category, sim::ErrorCategory::kInput);
    EXPECT_FALSE(invocation.error().what.empty());
  }
}

TEST(Arguments, HelpGoesBeforeWhatIsMissing) {
  const auto in_short = request_of<HelpArguments>({"plan", "-h"});
  EXPECT_EQ(in_short.text.rfind("Find the fastest", 0), 0U);
  EXPECT_NE(in_short.text.find("Examples:"), std::string::npos);
  const auto in_full = request_of<HelpArguments>({"plan", "--help"});
  EXPECT_EQ(in_full.text.rfind("Examples:", 0), 0U);
  for (const char* name : {"--best N", "--set PATH=VALUE", "--color WHEN", "Exit codes:"}) {
    EXPECT_NE(in_full.text.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(request_of<HelpArguments>({"help", "plan"}).text, in_full.text);
}

}  // namespace
}  // namespace seqspan::cli
