// Bars, wrapping, tables, quantities, and the reports as a whole.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>

#include "cli/render/bar.hpp"
#include "cli/render/kv_replication.hpp"
#include "cli/render/plan_report.hpp"
#include "cli/render/quantity.hpp"
#include "cli/render/simulation_report.hpp"
#include "cli/render/table.hpp"
#include "cli/render/text.hpp"
#include "tests/unit/cli/sample.hpp"

namespace seqspan::cli {
namespace {

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    widest = std::max(widest, display_width(text.substr(start, end - start)));
    start = end + 1;
  }
  return widest;
}

TEST(Bar, Eighths) {
  const Style style;
  EXPECT_EQ(bar(style, 0, 10), "");
  EXPECT_EQ(bar(style, 0.5, 10), "█████");
  EXPECT_EQ(bar(style, 0.525, 10), "█████▎");  // 5 1/4 columns
  EXPECT_EQ(bar(style, 1e-9, 10), "▏");        // something is not nothing
  EXPECT_EQ(bar(style, 1.5, 3), "███>");
}

TEST(Bar, Ascii) {
  const Style style{false, true, 100};
  EXPECT_EQ(bar(style, 0.5, 10), "#####");
  EXPECT_EQ(bar(style, 1e-9, 10), "#");
  EXPECT_EQ(bar(style, 2, 3), "###>");
}

TEST(Text, WidthCountsCharactersOnly) {
  EXPECT_EQ(display_width("█▏ab"), 4U);
  EXPECT_EQ(display_width("\x1b[31mover\x1b[0m"), 4U);
}

TEST(Text, Wraps) {
  EXPECT_EQ(wrap("tp=2,ulysses=4,ring=2", 12),
            (std::vector<std::string>{"tp=2,", "ulysses=4,", "ring=2"}));
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(wrap("", 3), std::vector<std::string>{""});
}

// Nothing but spaces is lost, and no line is too long.
RC_GTEST_PROP(Text, WrapKeepsEverything, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab ,=")));
  const auto width = *rc::gen::inRange<std::size_t>(1, 12);
  std::string kept;
  for (const std::string& line : wrap(text, width)) {
    RC_ASSERT(display_width(line) <= width);
    kept += line;
  }
  const auto without_spaces = [](std::string s) {
    s.erase(std::remove(s.begin(), s.end(), ' '), s.end());
    return s;
  };
  RC_ASSERT(without_spaces(kept) == without_spaces(text));
}

TEST(Text, ShellQuote) {
  EXPECT_EQ(shell_quote("a/b.json"), "a/b.json");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote(""), "''");
}

TEST(Table, AlignsAndWrapsTheFlexibleColumn) {
  Table table({{"#", Align::kRight}, {"layout", Align::kLeft, true}, {"step", Align::kRight}});
  table.add({"1", "tp=2,ulysses=4,recompute=full", "10 s"});
  table.note("bound by attention");
  table.section("more");
  table.add({"12", "tp=2", "9 s"});
  EXPECT_EQ(table.text({false, false, 32}),
            "   #  layout                step\n"
            "   1  tp=2,ulysses=4,       10 s\n"
            "      recompute=full\n"
            "      bound by attention\n"
            "  more\n"
            "  12  tp=2                   9 s\n");
}

TEST(Quantity, Rounds) {
  EXPECT_EQ(gib(sample::gibibytes(71)), "71.0 GiB");
  EXPECT_EQ(gib(sim::Bytes(1)), "<0.1 GiB");
  EXPECT_EQ(percent(0.4161), "41.6 %");
  EXPECT_EQ(percent(1e-6), "<0.1 %");
  EXPECT_EQ(percent(-1e-9), "0.0 %");
  EXPECT_EQ(rate(8.254), "8.25");
  EXPECT_EQ(rate(13107.2), "13,107");
  EXPECT_EQ(counted(1, "layout"), "1 layout");
}

TEST(KvReplication, ChargesWhatRepeatsAdd) {
  sim::Simulation simulation = sample::simulation();
  EXPECT_EQ(kv_replication_text({}, simulation), "");
  // 10 GiB sent for K, of which 3/4 are copies.
  simulation.kv_replication = 4;
  EXPECT_EQ(replicated_bytes(simulation).value(), 15 * sim::kGibi / 2);
}

TEST(SimulationReport, TheAnswerComesFirst) {
  const std::string text = simulation_report({}, sample::job(), sample::simulation());
  EXPECT_EQ(text.rfind("tp=2,ulysses=4,recompute=full: fits, 20 GiB free (60.0 of 80.0 GiB)\n"
                       "step 10 s, 13,107 tokens/s/GPU, 400 TFLOP/s per GPU (MFU 40.0 %), bound by "
                       "attention (60.0 %)\n",
                       0),
            0U)
      << text;
}

TEST(SimulationReport, SaysByHowMuchItIsOver) {
  sim::Simulation simulation = sample::simulation();
  simulation.fits = false;
  simulation.peak.peak = sample::gibibytes(90);
  const std::string text = simulation_report({}, sample::job(), simulation);
  EXPECT_NE(text.find("does not fit, over by 10 GiB (90.0 of 80.0 GiB)\nif it did fit: step"),
            std::string::npos)
      << text;
}

TEST(Reports, StayWithinTheWidthInAnyStyle) {
  for (const std::size_t width : {80U, 100U}) {
    for (const bool ascii : {false, true}) {
      const Style style{true, ascii, width};
      const std::string simulation = simulation_report(style, sample::job(), sample::simulation());
      const std::string plan = plan_report(style, sample::job(), sample::plan());
      EXPECT_LE(widest_line(plan), width) << plan;
      EXPECT_LE(widest_line(simulation), width) << simulation;
      if (!ascii) continue;
      for (const char c : simulation + plan) EXPECT_GE(c, 0);
    }
  }
}

TEST(PlanReport, NothingFits) {
  planner::Plan plan = sample::plan();
  plan.best.clear();
  plan.pareto.clear();
  const std::string text = plan_report({}, sample::job(), plan);
  EXPECT_EQ(
      text.rfind("No layout fits.\nClosest: tp=2,ulysses=4,recompute=full: does not fit, over "
                 "by 2 GiB (82.0 of 80.0 GiB)\n",
                 0),
      0U)
      << text;
  EXPECT_EQ(next_commands({}, sample::job(), plan, "job.json"),
            "\nNext:\n"
            "  seqspan simulate job.json --layout tp=2,ulysses=4,recompute=full\n"
            "  seqspan explain does_not_fit\n");
}

TEST(PlanReport, NothingIsPossible) {
  sim::Job job = sample::job();
  job.layout.tp = 3;
  planner::Plan plan;
  const std::string text = plan_report({}, job, plan);
  EXPECT_EQ(text.rfind("No layout is possible.\n", 0), 0U) << text;
  EXPECT_EQ(next_commands({}, job, plan, "job.json"), "\nNext:\n  seqspan explain world_size\n");
}

}  // namespace
}  // namespace seqspan::cli
