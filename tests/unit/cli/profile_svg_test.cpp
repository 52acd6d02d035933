#include "cli/render/profile_svg.hpp"

#include <gtest/gtest.h>

#include "profiles/fit/fit_curve.hpp"

namespace seqspan::cli {
namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

profiles::FittedCurve curve_of(profiles::CollectiveKind kind, std::int64_t ranks) {
  profiles::FittedCurve curve;
  curve.group = {kind, ranks, 1};
  curve.measured = {{sim::Bytes(1024), sim::Seconds(1e-5)},
                    {sim::Bytes(4096), sim::Seconds(2e-5)},
                    {sim::Bytes(1 << 20), sim::Seconds(1e-4)}};
  curve.curve = profiles::fit_curve(curve.measured);
  return curve;
}

// A panel per collective; a line per curve, a dot per point and one for the legend.
TEST(ProfileSvg, DrawsEveryCurveAndPoint) {
  profiles::FabricProfile profile;
  profile.name = "a <b> & c";
  profile.curves = {curve_of(profiles::CollectiveKind::kAllGather, 4),
                    curve_of(profiles::CollectiveKind::kAllGather, 8),
                    curve_of(profiles::CollectiveKind::kSendReceive, 8)};
  const std::string svg = profile_svg(profile);
  EXPECT_EQ(count_of(svg, "busbw (GB/s) by size"), 2U);
  EXPECT_EQ(count_of(svg, "<polyline"), 3U);
  EXPECT_EQ(count_of(svg, "<circle"), 3U * (3 + 1));
  EXPECT_NE(svg.find("a &lt;b&gt; &amp; c"), std::string::npos);
  EXPECT_NE(svg.find("prefers-color-scheme: dark"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(ProfileSvg, OfNothingIsAnEmptyPage) { EXPECT_EQ(count_of(profile_svg({}), "<polyline"), 0U); }

}  // namespace
}  // namespace seqspan::cli
