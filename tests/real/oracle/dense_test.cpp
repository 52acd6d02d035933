// The dense answer against what needs no formula for gradients: differences of the loss.
#include "tests/real/oracle/dense.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace seqspan::oracle {
namespace {

// loss = sum o dO; its derivative by one element, from both sides.
double slope(const Sizes& sizes, const Mask& mask, DenseInputs inputs,
             std::vector<double> DenseInputs::*which, std::size_t element) {
  constexpr double kStep = 1e-5;
  const auto loss = [&](double step) {
    DenseInputs moved = inputs;
    (moved.*which)[element] += step;
    const Answer answer = solve(sizes, mask, moved);
    double sum = 0;
    for (std::size_t i = 0; i < answer.output.size(); ++i) {
      sum += answer.output[i] * inputs.output_gradient[i];
    }
    return sum;
  };
  return (loss(kStep) - loss(-kStep)) / (2 * kStep);
}

TEST(Dense, GradientsAreSlopesOfTheLoss) {
  const Sizes sizes{.batch = 2, .sequence = 7, .query_heads = 4, .kv_heads = 2, .head_dim = 3};
  Dice dice(7);
  const Problem problem = draw_problem(dice, sizes, true);
  const auto widen = [](const std::vector<float>& values) {
    return std::vector<double>(values.begin(), values.end());
  };
  const DenseInputs inputs{widen(problem.query), widen(problem.key), widen(problem.value),
                           widen(problem.output_gradient)};
  const Answer answer = solve(problem);
  // Central differences of step 1e-5 on numbers of size 1 are right to about 1e-10 + rounding
  // 1e-16 / 1e-5.
  constexpr double kClose = 1e-8;
  for (std::size_t i = 0; i < inputs.query.size(); i += 5) {
    EXPECT_NEAR(answer.query_gradient[i],
                slope(sizes, problem.mask, inputs, &DenseInputs::query, i), kClose);
  }
  for (std::size_t i = 0; i < inputs.key.size(); i += 5) {
    EXPECT_NEAR(answer.key_gradient[i], slope(sizes, problem.mask, inputs, &DenseInputs::key, i),
                kClose);
    EXPECT_NEAR(answer.value_gradient[i],
                slope(sizes, problem.mask, inputs, &DenseInputs::value, i), kClose);
  }
}

// A row that sees itself only returns its value; two rows with equal keys, the mean.
TEST(Dense, SmallCasesByHand) {
  const Sizes sizes{.batch = 1, .sequence = 3, .query_heads = 1, .kv_heads = 1, .head_dim = 1};
  const Mask mask{1, {0, 0, 1}};  // the third row is a document of its own
  const Answer answer = solve(sizes, mask, {{1, 2, 3}, {0.5, 0.5, 7}, {10, 20, 30}, {1, 1, 1}});
  EXPECT_NEAR(answer.output[0], 10, 1e-12);
  EXPECT_NEAR(answer.output[1], 15, 1e-12);
  EXPECT_NEAR(answer.output[2], 30, 1e-12);
  // Scores of row 1: 2 x 0.5 = 1 twice; log(2 e) = 1 + log 2.
  EXPECT_NEAR(answer.log_sum_exp[1], 1 + std::log(2.0), 1e-12);
}

}  // namespace
}  // namespace seqspan::oracle
