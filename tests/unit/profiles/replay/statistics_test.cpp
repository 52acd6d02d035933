// Errors and orders, by hand.
#include "profiles/replay/statistics.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace seqspan::profiles {
namespace {

TEST(ReplayStatistics, ErrorsLoseTheirSign) {
  const ErrorSummary errors = summarise({-0.3, 0.1, 0.2});
  EXPECT_EQ(errors.count, 3U);
  EXPECT_DOUBLE_EQ(errors.median, 0.2);
  EXPECT_DOUBLE_EQ(errors.ninetieth, 0.3);  // ceil(0.9 x 3) = the third
  EXPECT_DOUBLE_EQ(errors.worst, 0.3);
  EXPECT_DOUBLE_EQ(summarise({0.1, 0.4}).median, 0.25);
  EXPECT_EQ(summarise({}).count, 0U);
}

// Of ten errors nine do not exceed the ninth.
TEST(ReplayStatistics, NinetiethIsTheNearestRank) {
  std::vector<double> errors;
  for (int i = 1; i <= 10; ++i) errors.push_back(i);
  EXPECT_DOUBLE_EQ(summarise(errors).ninetieth, 9);
}

using Pairs = std::vector<std::pair<double, double>>;

TEST(ReplayStatistics, TauOfEqualAndOppositeOrders) {
  EXPECT_DOUBLE_EQ(*kendall_tau(Pairs{{1, 10}, {2, 20}, {3, 30}}), 1);
  EXPECT_DOUBLE_EQ(*kendall_tau(Pairs{{1, 30}, {2, 20}, {3, 10}}), -1);
  // Of three pairs two agree and one does not: (2 - 1) / 3.
  EXPECT_DOUBLE_EQ(*kendall_tau(Pairs{{1, 10}, {2, 30}, {3, 20}}), 1.0 / 3);
  // A tie on one side: 2 agree, 3 x 2 pairs with an order: 2 / sqrt(6).
  EXPECT_DOUBLE_EQ(*kendall_tau(Pairs{{1, 10}, {1, 20}, {2, 30}}), 2 / std::sqrt(6.0));
  EXPECT_FALSE(kendall_tau(Pairs{{1, 10}}));
  EXPECT_FALSE(kendall_tau(Pairs{{1, 10}, {1, 20}}));
}

TEST(ReplayStatistics, RegretIsWhatFollowingThePredictionCosts) {
  // Predicted fastest is the first, measured 12; the fastest measured is 10.
  EXPECT_DOUBLE_EQ(*regret(Pairs{{1, 12}, {2, 10}, {3, 20}}), 0.2);
  EXPECT_DOUBLE_EQ(*regret(Pairs{{2, 12}, {1, 10}}), 0);
  EXPECT_FALSE(regret(Pairs{{1, 10}}));
}

RC_GTEST_PROP(ReplayStatistics, RegretIsNeverNegative, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(2, 12);
  Pairs times;
  for (std::size_t i = 0; i < count; ++i) {
    times.emplace_back(*rc::gen::inRange(1, 100), *rc::gen::inRange(1, 100));
  }
  RC_ASSERT(*regret(times) >= 0);
}

}  // namespace
}  // namespace seqspan::profiles
