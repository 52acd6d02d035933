// Reports as text: what users give is text and never markup, pages are whole and not too large.
#include <gtest/gtest.h>

#include "cli/page/html.hpp"
#include "cli/page/report_page.hpp"
#include "tests/support/job.hpp"

namespace seqspan::cli {
namespace {

TEST(Html, EscapesWhatIsMarkup) {
  EXPECT_EQ(html_escaped("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
}

// An end of the script element inside of a string would end it.
TEST(Html, JsonHoldsNoEndOfAnElement) {
  const std::string html = html_json("id", R"({"a":"</script><b>"})");
  EXPECT_EQ(html.find("</script><b>"), std::string::npos);
  EXPECT_NE(html.find(R"(\u003c/script>)"), std::string::npos);
}

std::string page_of(const sim::Job& job) {
  sim::Simulator simulator(job);
  const planner::Plan plan = planner::make_plan(simulator);
  JobArguments given;
  given.file = "job.json";
  return report_page({job, given, plan}, simulator);
}

TEST(ReportPage, NamesOfTheUserAreText) {
  sim::Job job = tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 1, 65536, 8);
  job.name = "<script>alert(1)</script>";
  job.model.name = "<img src=x>";
  const std::string page = page_of(job);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
}

// The most layouts on the front that a shipped model has on 16 nodes.
TEST(ReportPage, StaysUnderTwoMegabytes) {
  const sim::Job job =
      tests::make_job("Qwen3-235B-A22B", sim::Framework::kMegatron, 16, 131072, 512);
  EXPECT_LT(page_of(job).size(), 2'000'000U);
}

TEST(ReportPage, WithoutALayoutThatFitsShowsTheClosest) {
  sim::Job job = tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 1, 65536, 8);
  job.cluster.device.memory = sim::Bytes(4 * sim::kGibi);
  const std::string page = page_of(job);
  EXPECT_NE(page.find("No layout fits"), std::string::npos);
  EXPECT_NE(page.find("does not fit, over by"), std::string::npos);
}

TEST(ReportPage, WithoutAnyLayoutSaysWhatIsRefused) {
  sim::Job job = tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 1, 65537, 8);
  job.layout = sim::parse_layout("ring=8").value();
  const std::string page = page_of(job);
  EXPECT_NE(page.find("No layout is possible"), std::string::npos);
  EXPECT_NE(page.find("sequence_not_divisible"), std::string::npos);
}

}  // namespace
}  // namespace seqspan::cli
