#include "profiles/fit/compare.hpp"

#include <gtest/gtest.h>

#include "profiles/fit/fit_fabric.hpp"

namespace seqspan::profiles {
namespace {

using sim::Bytes;
using sim::Seconds;

ImportedLog log_of(std::vector<MeasuredPoint> points, const std::string& variant = "",
                   bool in_place = false) {
  ImportedLog log;
  log.sets.push_back({{CollectiveKind::kAllGather, 8, 4},
                      in_place,
                      variant,
                      std::move(points),
                      "",
                      "",
                      "log.txt"});
  return log;
}

// 1 ms + 1 us for each of 1000 bytes: a curve passes through it exactly.
FabricProfile linear() {
  return fit_fabric("test", {log_of({{Bytes(1000), Seconds(2e-3)},
                                     {Bytes(2000), Seconds(3e-3)},
                                     {Bytes(4000), Seconds(5e-3)}})})
      .value();
}

TEST(Compare, SizeThatWasNotMeasured) {
  const auto points = compare(linear(), {log_of({{Bytes(3000), Seconds(5e-3)}})});
  ASSERT_TRUE(points);
  ASSERT_EQ(points->size(), 1U);
  const ComparedPoint& point = points->front();
  EXPECT_NEAR(point.predicted.value(), 4e-3, 1e-9);  // 1 ms + 3 x 1 ms
  EXPECT_NEAR(point.error(), 4.0 / 5.0 - 1, 1e-6);
  EXPECT_FALSE(point.is_fitted);
}

TEST(Compare, RunsOfSeveralLogsAreOneMedian) {
  const auto points = compare(
      linear(), {log_of({{Bytes(2000), Seconds(9e-3)}, {Bytes(3000), Seconds(4e-3)}}),
                 log_of({{Bytes(2000), Seconds(3e-3)}}), log_of({{Bytes(2000), Seconds(2e-3)}})});
  ASSERT_TRUE(points);
  ASSERT_EQ(points->size(), 2U);
  EXPECT_EQ(points->front().runs, 3);
  EXPECT_DOUBLE_EQ(points->front().measured.value(), 3e-3);  // of 2, 3 and 9
  EXPECT_TRUE(points->front().is_fitted);
  EXPECT_EQ(points->back().runs, 1);
}

TEST(Compare, ErrorsAreAbsolute) {
  // Predicted 2, 3 and 5 ms: errors of -50 %, 0 and +25 %.
  const auto points = compare(linear(), {log_of({{Bytes(1000), Seconds(4e-3)},
                                                 {Bytes(2000), Seconds(3e-3)},
                                                 {Bytes(4000), Seconds(4e-3)}})});
  ASSERT_TRUE(points);
  const FitErrors errors = errors_of(*points);
  EXPECT_EQ(errors.sizes, 3);
  EXPECT_NEAR(errors.median, 0.25, 1e-9);
  EXPECT_NEAR(errors.worst, 0.5, 1e-9);
}

TEST(Compare, InPlaceTimesAreLeftOut) {
  const auto points = compare(linear(), {log_of({{Bytes(2000), Seconds(3e-3)}}, "", true)});
  ASSERT_TRUE(points);
  EXPECT_TRUE(points->empty());
}

TEST(Compare, GroupsThatLieDifferentlyAreNotCompared) {
  const auto points =
      compare(linear(), {log_of({{Bytes(2000), Seconds(3e-3)}}, "2 groups at once")});
  ASSERT_FALSE(points);
  EXPECT_EQ(points.error().category, sim::ErrorCategory::kInput);
  EXPECT_EQ(points.error().where, "log.txt");
  EXPECT_NE(points.error().what.find("all_gather, 8 ranks on 4 nodes, 2 groups at once"),
            std::string::npos);
}

}  // namespace
}  // namespace seqspan::profiles
