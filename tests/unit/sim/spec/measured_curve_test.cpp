#include "sim/spec/measured_curve.hpp"

#include <gtest/gtest.h>

#include "sim/formula/traced.hpp"
#include "tests/unit/sim/formula/evaluate.hpp"

namespace seqspan::sim {
namespace {

CurveKnot knot(std::int64_t size, double seconds) { return {Bytes(size), Seconds(seconds)}; }

TEST(MeasuredCurve, IsLinearBetweenTwoKnotsConstantBelowAndProportionalAbove) {
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

// time = 1 + 2 sqrt(size), through sizes whose roots are 1, 2, 4 and 8; the root of 9 is 3.
TEST(MeasuredCurve, BendsAsItsNeighboursSay) {
  const auto curve = MeasuredCurve::make({knot(1, 3), knot(4, 5), knot(16, 9), knot(64, 17)});
  ASSERT_TRUE(curve.has_value());
  for (const std::size_t i : {0U, 1U, 2U}) EXPECT_NEAR(curve->exponent(i), 0.5, 1e-9) << i;
  EXPECT_NEAR(curve->time(Bytes(9)).value(), 7, 1e-9);
  EXPECT_NEAR(curve->time(Bytes(36)).value(), 13, 1e-9);
}

// Below, at a knot, on a bend, on a line, beyond.
TEST(MeasuredCurve, ExplainsWhatItSays) {
  const auto bent = MeasuredCurve::make({knot(1, 3), knot(4, 5), knot(16, 9), knot(64, 17)});
  const auto line = MeasuredCurve::make({knot(100, 1), knot(300, 5)});
  ASSERT_TRUE(bent && line);
  for (const auto& [curve, size] :
       {std::pair(&*bent, 9), {&*bent, 4}, {&*bent, 100}, {&*line, 50}, {&*line, 200}}) {
    const Formula formula =
        formula_of({"curve", "a log"}, "t", curve->time(Tracing{}, Bytes(size)));
    EXPECT_EQ(formula.value(), curve->time(Bytes(size)).value()) << size;
    EXPECT_DOUBLE_EQ(tests::evaluated(formula, formula.equations.front()), formula.value()) << size;
  }
}

// The third is late: up to it the time turns up, from it on it turns down.
TEST(MeasuredCurve, AnOutlierBendsNothing) {
  const auto curve =
      MeasuredCurve::make({knot(1, 1), knot(2, 2), knot(3, 3.5), knot(4, 4), knot(5, 5)});
  ASSERT_TRUE(curve.has_value());
  EXPECT_EQ(curve->exponent(1), 1);
  EXPECT_EQ(curve->exponent(2), 1);
}

// Neither the flat piece nor the jump is a neighbour that could bend the lines.
TEST(MeasuredCurve, FlatPiecesAndJumpsBendNothing) {
  const auto curve = MeasuredCurve::make(
      {knot(10, 1), knot(20, 1), knot(30, 2), knot(40, 3), knot(40, 5), knot(50, 7), knot(60, 9)});
  ASSERT_TRUE(curve.has_value());
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(curve->exponent(i), 1) << i;
  EXPECT_EQ(curve->time(Bytes(45)), Seconds(6));
}

// Steps of 1 and 100 over equal steps of the size would need an exponent above 10.
TEST(MeasuredCurve, BendsWithinLimits) {
  const auto up = MeasuredCurve::make({knot(10, 1), knot(20, 2), knot(30, 102)});
  const auto down = MeasuredCurve::make({knot(10, 1), knot(20, 101), knot(30, 102)});
  ASSERT_TRUE(up && down);
  EXPECT_EQ(up->exponent(0), 2);
  EXPECT_EQ(down->exponent(0), 0.125);
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
