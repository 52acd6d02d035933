#include "sim/documents/step_loads.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "sim/documents/assignment.hpp"

namespace seqspan::sim {
namespace {

std::vector<double> assigned(Assignment assignment, std::int64_t ranks, std::int64_t batch,
                             std::vector<double> loads) {
  Assigner(assignment, ranks, batch).assign(loads);
  return loads;
}

// Rows 5 4 3 3 2 1 to 2 ranks: the longest first, 5 | 4, then 3 to the second (4 < 5), 3 to the
// first (5 < 7), 2 to the second (7 < 8), and 1 to the first, which alone has room: 9 and 9.
TEST(Assigner, BalancesTheLongestFirst) {
  EXPECT_EQ(assigned(Assignment::kBalanced, 2, 1, {3, 1, 4, 5, 2, 3}),
            (std::vector<double>{5, 4, 3, 3, 1, 2}));
  EXPECT_EQ(assigned(Assignment::kSorted, 2, 1, {3, 1, 4, 5, 2, 3}),
            (std::vector<double>{5, 4, 3, 3, 2, 1}));
  EXPECT_EQ(assigned(Assignment::kAsTheyCome, 2, 1, {3, 1, 4, 5, 2, 3}),
            (std::vector<double>{3, 1, 4, 5, 2, 3}));
}

RC_GTEST_PROP(Assigner, KeepsTheRows, ()) {
  const auto assignment = *rc::gen::element(Assignment::kSorted, Assignment::kBalanced);
  const auto ranks = *rc::gen::inRange<std::int64_t>(1, 5);
  const auto batch = *rc::gen::inRange<std::int64_t>(1, 3);
  const std::int64_t micro_batches = *rc::gen::inRange<std::int64_t>(1, 5);
  std::vector<double> loads;
  for (std::int64_t i = 0; i < ranks * batch * micro_batches; ++i) {
    loads.push_back(*rc::gen::inRange(0, 100));
  }
  std::vector<double> dealt = assigned(assignment, ranks, batch, loads);
  std::sort(loads.begin(), loads.end());
  std::sort(dealt.begin(), dealt.end());
  RC_ASSERT(loads == dealt);
}

// Rows of one document with probability 1/2, else of one of 60 tokens in 100.
Documents coins(std::int64_t samples) {
  Documents documents;
  documents.lengths = LengthHistogram{{100, 60}, {1, 1}};
  documents.packing = Packing::kWhole;
  documents.samples = samples;
  return documents;
}
constexpr double kShort = 60.0 * 61 / (100.0 * 101);

// Expected heaviest group over all 2^rows outcomes of a step.
double enumerated(const StepShape& shape) {
  const auto rows = static_cast<std::size_t>(shape.ranks * shape.micro_batch * shape.micro_batches);
  double sum = 0;
  for (std::size_t outcome = 0; outcome < std::size_t{1} << rows; ++outcome) {
    std::vector<double> loads(rows);
    for (std::size_t i = 0; i < rows; ++i) loads[i] = (outcome >> i & 1U) != 0 ? 1 : kShort;
    Assigner(shape.assignment, shape.ranks, shape.micro_batch).assign(loads);
    double heaviest = 0;
    for (std::int64_t first = 0; first < shape.ranks; first += shape.lockstep) {
      double of_group = 0;
      for (std::int64_t j = 0; j < shape.micro_batches; ++j) {
        double slowest = 0;
        for (std::int64_t rank = first; rank < first + shape.lockstep; ++rank) {
          double load = 0;
          for (std::int64_t i = 0; i < shape.micro_batch; ++i) {
            load +=
                loads[static_cast<std::size_t>((j * shape.ranks + rank) * shape.micro_batch + i)];
          }
          slowest = std::max(slowest, load / static_cast<double>(shape.micro_batch));
        }
        of_group += slowest;
      }
      heaviest = std::max(heaviest, of_group);
    }
    sum += heaviest;
  }
  return sum / std::pow(2.0, static_cast<double>(rows));
}

// 2 ranks with one row each: 3/4 of the steps have a whole document somewhere.
TEST(StepLoads, EnumeratedByHand) {
  EXPECT_DOUBLE_EQ(enumerated({.ranks = 2}), 0.75 + 0.25 * kShort);
}

class StepLoadsOfShapes : public testing::TestWithParam<StepShape> {};

// The mean of 20,000 steps is within 4 standard errors of what all outcomes give, and the standard
// error is known from the steps themselves.
TEST_P(StepLoadsOfShapes, MeetTheExpectationOfAllOutcomes) {
  const StepShape shape = GetParam();
  constexpr std::int64_t kSteps = 20'000;
  const std::int64_t rows = shape.ranks * shape.micro_batch * shape.micro_batches;
  const RowPool pool(coins(kSteps), 100, true, {}, kSteps * rows);
  const LoadGrid grid(pool.facts().lowest, pool.facts().highest);
  EXPECT_DOUBLE_EQ(grid.point(0), kShort);
  EXPECT_DOUBLE_EQ(grid.point(grid.size() - 1), 1);
  const StepLoads loads = read_steps(draw_rows(pool, kSteps * rows, 1), grid, shape);
  double mean = 0;
  double variance = 0;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    mean += loads.weights[i] * grid.point(i);
    for (std::size_t k = 0; k < grid.size(); ++k) {
      variance += grid.point(i) * grid.point(k) * loads.covariance[i * grid.size() + k];
    }
  }
  EXPECT_NEAR(mean, enumerated(shape), 4 * std::sqrt(variance / kSteps));
  // A micro-batch of any rank has the mean load.
  double all = 0;
  const std::vector<double> weights =
      micro_batch_weights(draw_rows(pool, kSteps * rows, 1), grid, shape.micro_batch);
  for (std::size_t i = 0; i < grid.size(); ++i) all += weights[i] * grid.point(i);
  EXPECT_NEAR(all, pool.facts().mean, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, StepLoadsOfShapes,
    testing::Values(StepShape{.ranks = 2}, StepShape{.ranks = 4, .micro_batches = 2},
                    StepShape{.ranks = 4, .micro_batches = 2, .lockstep = 2},
                    StepShape{.ranks = 4, .micro_batches = 2, .lockstep = 4},
                    StepShape{.ranks = 2, .micro_batch = 2, .micro_batches = 2},
                    StepShape{.ranks = 2, .micro_batches = 4, .assignment = Assignment::kSorted},
                    StepShape{
                        .ranks = 2, .micro_batches = 4, .assignment = Assignment::kBalanced}));

// A pool that is smaller than all steps together is drawn from at random, with the same mean.
TEST(StepLoads, SmallPoolsAreDrawnFromAgain) {
  const RowPool pool(coins(1000), 100, true, {}, 500);
  const LoadGrid grid(pool.facts().lowest, pool.facts().highest);
  const StepLoads loads =
      read_steps(draw_rows(pool, 16'000, 1), grid, {.ranks = 1, .micro_batches = 8});
  double mean = 0;
  for (std::size_t i = 0; i < grid.size(); ++i) mean += loads.weights[i] * grid.point(i);
  // 16,000 rows of deviation (1 - kShort) / 2 = 0.32: 8 x 0.32 / sqrt(16000) = 0.02.
  EXPECT_NEAR(mean, 8 * pool.facts().mean, 4 * 0.02);
}

// Larger groups in lockstep wait longer; better assignments less.
RC_GTEST_PROP(StepLoads, Order, ()) {
  Documents documents;
  documents.lengths = LognormalLengths{*rc::gen::inRange<std::int64_t>(50, 2000), 1.5};
  documents.seed = *rc::gen::inRange(0, 1000);
  const RowPool pool(documents, 4096, true, {}, 64 * 64);
  const LoadGrid grid(pool.facts().lowest, pool.facts().highest);
  const auto waited = [&](StepShape shape) {
    const StepLoads loads = read_steps(draw_rows(pool, 64 * 64, 1), grid, shape);
    double sum = 0;
    for (std::size_t i = 0; i < grid.size(); ++i) sum += loads.weights[i] * grid.point(i);
    return sum / static_cast<double>(shape.micro_batches);
  };
  const double none = waited({.ranks = 8, .micro_batches = 8, .lockstep = 1});
  RC_ASSERT(none <= waited({.ranks = 8, .micro_batches = 8, .lockstep = 4}));
  RC_ASSERT(waited({.ranks = 8, .micro_batches = 8, .lockstep = 4}) <=
            waited({.ranks = 8, .micro_batches = 8, .lockstep = 8}));
  RC_ASSERT(waited({.ranks = 8, .micro_batches = 8, .assignment = Assignment::kBalanced}) <= none);
  // Fewer ranks with more rows each: the same rows are dealt out, and average out.
  RC_ASSERT(waited({.ranks = 2, .micro_batches = 32}) <= none);
}

}  // namespace
}  // namespace seqspan::sim
