#include "cli/render/plan_summary.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/render/text.hpp"
#include "tests/support/job.hpp"

namespace seqspan::cli {
namespace {

// 24 lines of 80 columns, the last for what is typed next.
TEST(PlanSummary, FitsOnOneScreen) {
  for (const char* model : {"Llama-3-8B", "Qwen3-235B-A22B"}) {
    const sim::Job job = tests::make_job(model, sim::Framework::kMegatron, 16, 131072, 128);
    sim::Simulator simulator(job);
    const planner::Plan plan = planner::make_plan(simulator);
    ASSERT_FALSE(plan.best.empty());
    for (const bool ascii : {false, true}) {
      Style style;
      style.width = kNarrowest;
      style.ascii = ascii;
      const std::string text = plan_summary(style, job, plan);
      EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 23) << text;
      std::size_t start = 0;
      for (std::size_t end = text.find('\n'); end != std::string::npos;
           start = end + 1, end = text.find('\n', start)) {
        EXPECT_LE(display_width(text.substr(start, end - start)), kNarrowest);
      }
    }
  }
}

TEST(PlanSummary, WithoutALayoutThatFitsSaysWhatIsRefused) {
  sim::Job job = tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 1, 65536, 8);
  job.cluster.device.memory = sim::Bytes(4 * sim::kGibi);
  sim::Simulator simulator(job);
  const std::string text = plan_summary({}, job, planner::make_plan(simulator));
  EXPECT_NE(text.find("No layout fits"), std::string::npos);
  EXPECT_NE(text.find("does_not_fit"), std::string::npos);
}

}  // namespace
}  // namespace seqspan::cli
