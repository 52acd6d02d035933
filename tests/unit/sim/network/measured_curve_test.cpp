#include "sim/network/measured_curve.hpp"

#include <gtest/gtest.h>

namespace seqspan::sim {
namespace {

CurveKnot knot(std::int64_t size, double seconds) { return {Bytes(size), Seconds(seconds)}; }

TEST(MeasuredCurve, IsLinearBetweenKnotsConstantBelowAndProportionalAbove) {
  const auto curve = MeasuredCurve::make({knot(100, 1), knot(300, 5)});
  ASSERT_TRUE(curve.has_value());
  EXPECT_EQ(curve->time(Bytes(0)), Seconds(0));
  EXPECT_EQ(curve->time(Bytes(1)), Seconds(1));
  EXPECT_EQ(curve->time(Bytes(100)), Seconds(1));
  EXPECT_EQ(curve->time(Bytes(200)), Seconds(3));
  EXPECT_EQ(curve->time(Bytes(300)), Seconds(5));
  EXPECT_EQ(curve->time(Bytes(600)), Seconds(10));
}

TEST(MeasuredCurve, JumpsBetweenTwoKnotsOfOneSize) {
  const auto curve = MeasuredCurve::make({knot(100, 1), knot(200, 2), knot(200, 6), knot(300, 7)});
  ASSERT_TRUE(curve.has_value());
  EXPECT_EQ(curve->time(Bytes(150)), Seconds(1.5));
  EXPECT_EQ(curve->time(Bytes(200)), Seconds(2));
  EXPECT_EQ(curve->time(Bytes(250)), Seconds(6.5));
}

TEST(MeasuredCurve, RefusesWhatIsNoCurve) {
  EXPECT_FALSE(MeasuredCurve::make({knot(0, 1)}).has_value());
  EXPECT_FALSE(MeasuredCurve::make({knot(1, 0)}).has_value());
  EXPECT_FALSE(MeasuredCurve::make({knot(2, 1), knot(1, 1)}).has_value());
  EXPECT_FALSE(MeasuredCurve::make({knot(1, 2), knot(2, 1)}).has_value());
  EXPECT_FALSE(MeasuredCurve::make({knot(1, 1), knot(1, 2), knot(1, 3)}).has_value());
  EXPECT_EQ(MeasuredCurve().time(Bytes(7)), Seconds(0));
}

}  // namespace
}  // namespace seqspan::sim
