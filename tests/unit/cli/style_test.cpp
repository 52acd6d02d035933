#include "cli/render/style.hpp"

#include <gtest/gtest.h>

namespace seqspan::cli {
namespace {

Terminal terminal(bool is_terminal, std::string no_color, std::string term) {
  return {is_terminal, 0, std::move(no_color), std::move(term)};
}

TEST(Style, TheFlagDecidesFirst) {
  EXPECT_TRUE(use_colour(ColourChoice::kAlways, terminal(false, "1", "dumb")));
  EXPECT_FALSE(use_colour(ColourChoice::kNever, terminal(true, "", "xterm")));
}

TEST(Style, ThenTheEnvironmentThenTheTerminal) {
  EXPECT_TRUE(use_colour(ColourChoice::kAuto, terminal(true, "", "xterm")));
  EXPECT_FALSE(use_colour(ColourChoice::kAuto, terminal(true, "1", "xterm")));
  EXPECT_FALSE(use_colour(ColourChoice::kAuto, terminal(true, "", "dumb")));
  EXPECT_FALSE(use_colour(ColourChoice::kAuto, terminal(false, "", "xterm")));
}

TEST(Style, AsWideAsTheTerminalWithinLimits) {
  const auto width = [](std::size_t columns) {
    return make_style(ColourChoice::kAuto, false, {true, columns, "", "xterm"}).width;
  };
  EXPECT_EQ(width(0), kWidest);  // unknown
  EXPECT_EQ(width(200), kWidest);
  EXPECT_EQ(width(80), 80U);
  EXPECT_EQ(width(20), kNarrowest);
}

TEST(Style, PaintsOnlyInColour) {
  EXPECT_EQ(red({}, "over"), "over");
  EXPECT_EQ(red({true, false, 100}, "over"), "\x1b[31mover\x1b[0m");
  EXPECT_EQ(red({true, false, 100}, ""), "");
}

}  // namespace
}  // namespace seqspan::cli
