#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/render/explanation_json.hpp"
#include "cli/render/explanation_report.hpp"
#include "cli/render/formula_text.hpp"
#include "cli/render/text.hpp"
#include "tests/support/job.hpp"

namespace seqspan::cli {
namespace {

sim::Formula pass_of(double bytes, double seconds) {
  sim::Formula formula;
  formula.law = {"memory pass", "bound by HBM"};
  formula.equations = {{"t", "bytes / rate", "", seconds, sim::Unit::kSeconds}};
  formula.terms = {{"bytes", bytes, sim::Unit::kBytes, "the op"},
                   {"rate", 2e12, sim::Unit::kBytesPerSecond, "a data sheet"}};
  return formula;
}

TEST(LawTable, WhatIsTheSameIsSaidOnce) {
  const sim::Formula small = pass_of(2097152, 1e-6);
  const sim::Formula same = pass_of(2097152, 1e-6);
  const sim::Formula large = pass_of(4194304, 2e-6);
  LawTable table;
  table.add("norm", small);
  table.add("residual", same);
  table.add("SwiGLU", large);
  table.add("SwiGLU", large);
  EXPECT_EQ(table.text({}),
            "\nmemory pass\n"
            "  bound by HBM\n"
            "  t = bytes / rate\n"
            "  with rate = 2 TB/s\n"
            "    norm; residual\n"
            "      t = 1 us with bytes = 2 MiB\n"
            "    SwiGLU\n"
            "      t = 2 us with bytes = 4 MiB\n");
  EXPECT_EQ(table.sources({}),
            "  rate  2 TB/s  a data sheet\n"
            "  bytes: the op\n");
}

TEST(FormulaText, NumbersUnderSymbols) {
  sim::Formula formula = pass_of(2097152, 1e-6);
  formula.equations = {{"t", "pass + overhead", "1 us + 5 us", 6e-6, sim::Unit::kSeconds},
                       {"pass", "bytes / rate", "2 MiB / 2 TB/s", 1e-6, sim::Unit::kSeconds}};
  EXPECT_EQ(equations_text({}, formula, 2),
            "  t    = pass + overhead\n"
            "       = 1 us + 5 us\n"
            "       = 6 us\n"
            "  pass = bytes / rate\n"
            "       = 2 MiB / 2 TB/s\n"
            "       = 1 us\n");
}

class ExplanationReport : public testing::Test {
 protected:
  ExplanationReport()
      : job_(tests::make_job("Qwen3-30B-A3B", sim::Framework::kMegatron, 2, 65536, 16)),
        explanation_(sim::Simulator(job_).explain(
            tests::layout_of(job_, "tp=2,ring=4,ep=8,etp=1,recompute=full"))) {}

  sim::Job job_;
  sim::Explanation explanation_;
};

TEST_F(ExplanationReport, NoLineIsWiderThanTheTerminal) {
  for (const std::size_t width : {kNarrowest, kWidest}) {
    Style style;
    style.width = width;
    for (const ExplainedPart part :
         {ExplainedPart::kAll, ExplainedPart::kStep, ExplainedPart::kTime, ExplainedPart::kNetwork,
          ExplainedPart::kMemory}) {
      std::istringstream lines(explanation_report(style, job_, explanation_, part));
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(display_width(line), width) << line;
      }
    }
  }
}

TEST_F(ExplanationReport, JsonHasTheNumbersAsTheyAre) {
  const auto all = nlohmann::json::parse(explanation_json(job_, explanation_, {}));
  EXPECT_EQ(all["step"]["equations"][0]["value"], explanation_.simulation.time.step.value());
  EXPECT_EQ(all["memory"]["peak"]["equations"][0]["value"],
            static_cast<double>(explanation_.simulation.peak.peak.value()));
  const auto& blocks = all["blocks"];
  ASSERT_EQ(blocks.size(), explanation_.blocks.size());
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const sim::ExplainedBlock& block = explanation_.blocks[b];
    ASSERT_EQ(blocks[b]["ops"].size(), block.ops.size());
    for (std::size_t i = 0; i < block.ops.size(); ++i) {
      const auto& op = blocks[b]["ops"][i];
      EXPECT_EQ(op["op"], block.ops[i].name);
      EXPECT_EQ(op["seconds"], block.ops[i].seconds().value());
      EXPECT_EQ(op["formula"]["equations"][0]["value"], op["seconds"]);
      EXPECT_EQ(op.contains("communication"), block.ops[i].communication.has_value());
    }
  }
}

TEST_F(ExplanationReport, JsonOfOnePart) {
  PredictionArguments asked;
  asked.part = ExplainedPart::kNetwork;
  const auto network = nlohmann::json::parse(explanation_json(job_, explanation_, asked));
  EXPECT_FALSE(network.contains("step"));
  EXPECT_FALSE(network.contains("memory"));
  for (const auto& block : network["blocks"]) {
    for (const auto& op : block["ops"]) EXPECT_TRUE(op.contains("communication")) << op["op"];
  }
}

}  // namespace
}  // namespace seqspan::cli
