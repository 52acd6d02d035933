#include "sim/formula/traced.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sim/formula/evaluate.hpp"

namespace seqspan::sim {
namespace {

constexpr Law kLaw{"a law", "its source"};

// A law as the readers have them.
template <class Numbers>
NumberOf<Numbers, Seconds> pass(const Numbers& in, Bytes bytes, BytesPerSecond rate,
                                const Sources& sources) {
  const auto overhead = in.given("overhead", Seconds(5e-6), "a measurement");
  const auto moved = in.named(
      "moved", in.given("bytes", bytes, "the op") / in.sourced("memory_bandwidth", rate, sources));
  return largest(moved, in.constant(Seconds(0))) + overhead;
}

// 2e9 B over 2e12 B/s are 1 ms, and 5 us.
TEST(Traced, ALawComputesTheSameAndRemembersIt) {
  const Sources sources = {{"memory_bandwidth", "a data sheet"}};
  const Bytes bytes(2'000'000'000);
  const BytesPerSecond rate(2e12);
  const Formula formula = formula_of(kLaw, "t", pass(Tracing{}, bytes, rate, sources));
  EXPECT_EQ(formula.value(), pass(Plain{}, bytes, rate, sources).value());
  ASSERT_EQ(formula.equations.size(), 2U);
  EXPECT_EQ(formula.equations[0].symbol, "t");
  EXPECT_EQ(formula.equations[0].formula, "moved + overhead");
  EXPECT_EQ(formula.equations[0].numbers, "1 ms + 5 us");
  EXPECT_EQ(formula.equations[0].unit, Unit::kSeconds);
  EXPECT_EQ(formula.equations[1].symbol, "moved");
  EXPECT_EQ(formula.equations[1].formula, "bytes / memory_bandwidth");
  EXPECT_EQ(formula.equations[1].numbers, "1.86 GiB / 2 TB/s");
  ASSERT_EQ(formula.terms.size(), 3U);
  EXPECT_EQ(formula.terms[0].symbol, "overhead");
  EXPECT_EQ(formula.terms[1].symbol, "bytes");
  EXPECT_EQ(formula.terms[2].symbol, "memory_bandwidth");
  EXPECT_EQ(formula.terms[2].source, "a data sheet");
}

TEST(Traced, ParenthesesOnlyWhereTheyAreNeeded) {
  const Tracing in;
  const auto a = in.given("a", 6.0, "");
  const auto b = in.given("b", 3.0, "");
  const auto c = in.given("c", 2.0, "");
  const auto text = [&](const Traced<double>& number) {
    const Formula formula = formula_of(kLaw, "x", number);
    EXPECT_EQ(tests::evaluated(formula, formula.equations.front()), formula.value());
    return formula.equations.front().formula;
  };
  EXPECT_EQ(text(a * b + c), "a x b + c");
  EXPECT_EQ(text(a * (b + c)), "a x (b + c)");
  EXPECT_EQ(text(a / b * c), "a / b x c");
  EXPECT_EQ(text(a * (b / c)), "a x (b / c)");
  EXPECT_EQ(text(a / (b * c)), "a / (b x c)");
  EXPECT_EQ(text(a / (b / c)), "a / (b / c)");
  EXPECT_EQ(text(a - (b - c)), "a - (b - c)");
  EXPECT_EQ(text(a - (b + c)), "a - (b + c)");
  EXPECT_EQ(text(a - b * c), "a - b x c");
  EXPECT_EQ(text(largest(a, largest(b, c))), "max(a, b, c)");
  EXPECT_EQ(text(largest(smallest(a, b), c)), "max(min(a, b), c)");
}

// What adds or multiplies nothing whatever the numbers is not shown.
TEST(Traced, ConstantsThatChangeNothingAreLeftOut) {
  const Tracing in;
  const auto a = in.given("a", 6.0, "");
  const auto text = [&](const Traced<double>& number) {
    return formula_of(kLaw, "x", number).equations.front().formula;
  };
  EXPECT_EQ(text(0.0 + a), "a");
  EXPECT_EQ(text(a - 0.0), "a");
  EXPECT_EQ(text(1.0 * a), "a");
  EXPECT_EQ(text(a + 0.0 * a), "a");
  EXPECT_EQ(text(largest(a, in.constant(0.0))), "a");
  EXPECT_EQ(text(2.0 * a), "2 x a");
}

// 7 / 2 in whole parts: 4.
TEST(Traced, RoundsUp) {
  const Tracing in;
  const auto parts = divide_up(in.given("a", std::int64_t{7}, ""), std::int64_t{2});
  EXPECT_EQ(parts.value(), divide_up(7, 2));
  EXPECT_EQ(formula_of(kLaw, "x", parts).equations.front().formula, "ceil(a / 2)");
}

TEST(Traced, AParameterWithoutASourceSaysSo) {
  const auto number = Tracing{}.sourced("nic", "bandwidth", BytesPerSecond(1), {});
  const Formula formula = formula_of(kLaw, "x", number);
  EXPECT_EQ(formula.terms.front().symbol, "nic.bandwidth");
  EXPECT_EQ(formula.terms.front().source, "no source: a default, or set by hand");
}

TEST(FormatValue, ByUnit) {
  EXPECT_EQ(format_value(8192, Unit::kNumber), "8,192");
  EXPECT_EQ(format_value(0.5, Unit::kNumber), "0.5");
  EXPECT_EQ(format_value(1024, Unit::kBytes), "1 KiB");
  EXPECT_EQ(format_value(2e-6, Unit::kSeconds), "2 us");
  EXPECT_EQ(format_value(2e12, Unit::kFlops), "2 TFLOP");
  EXPECT_EQ(format_value(2e12, Unit::kFlopsPerSecond), "2 TFLOP/s");
  EXPECT_EQ(format_value(5e10, Unit::kBytesPerSecond), "50 GB/s");
}

}  // namespace
}  // namespace seqspan::sim
