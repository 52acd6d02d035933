#include "tests/real/oracle/dense.hpp"

#include <cmath>
#include <limits>

namespace seqspan::oracle {
namespace {

double dot(const double* x, const double* y, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += x[i] * y[i];
  return sum;
}

void add(double* to, double factor, const double* from, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

std::vector<double> widen(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

std::vector<double> zeros_like(const std::vector<double>& values) {
  return std::vector<double>(values.size());
}

}  // namespace

Answer solve(const Sizes& sizes, const Mask& mask, const DenseInputs& inputs) {
  const std::int64_t s = sizes.sequence;
  const std::int64_t b = sizes.batch;
  const std::int64_t a = sizes.query_heads;
  const std::int64_t g = sizes.kv_heads;
  const std::int64_t d = sizes.head_dim;
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  Answer answer{zeros_like(inputs.query), std::vector<double>(static_cast<std::size_t>(s * b * a)),
                zeros_like(inputs.query), zeros_like(inputs.key), zeros_like(inputs.value)};
  std::vector<double> row(static_cast<std::size_t>(s));
  std::vector<double> row_gradient(static_cast<std::size_t>(s));
  double* p = row.data();
  double* dp = row_gradient.data();
  for (std::int64_t i = 0; i < s; ++i) {
    for (std::int64_t batch = 0; batch < b; ++batch) {
      for (std::int64_t head = 0; head < a; ++head) {
        const std::int64_t at = (i * b + batch) * a + head;
        const auto kv_at = [&](std::int64_t j) { return ((j * b + batch) * g + head * g / a) * d; };
        const double* q = inputs.query.data() + at * d;
        const double* gradient = inputs.output_gradient.data() + at * d;
        double highest = -std::numeric_limits<double>::infinity();
        for (std::int64_t j = 0; j <= i; ++j) {
          if (!mask.sees(i, j, batch)) continue;
          p[j] = scale * dot(q, inputs.key.data() + kv_at(j), d);
          highest = std::max(highest, p[j]);
        }
        double sum = 0;
        for (std::int64_t j = 0; j <= i; ++j) {
          p[j] = mask.sees(i, j, batch) ? std::exp(p[j] - highest) : 0;
          sum += p[j];
        }
        answer.log_sum_exp[static_cast<std::size_t>(at)] = highest + std::log(sum);
        double mean = 0;
        for (std::int64_t j = 0; j <= i; ++j) {
          p[j] /= sum;
          add(answer.output.data() + at * d, p[j], inputs.value.data() + kv_at(j), d);
          add(answer.value_gradient.data() + kv_at(j), p[j], gradient, d);
          dp[j] = dot(gradient, inputs.value.data() + kv_at(j), d);
          mean += p[j] * dp[j];
        }
        for (std::int64_t j = 0; j <= i; ++j) {
          const double ds = scale * p[j] * (dp[j] - mean);
          add(answer.query_gradient.data() + at * d, ds, inputs.key.data() + kv_at(j), d);
          add(answer.key_gradient.data() + kv_at(j), ds, q, d);
        }
      }
    }
  }
  return answer;
}

Answer solve(const Problem& problem) {
  return solve(problem.sizes, problem.mask,
               {widen(problem.query), widen(problem.key), widen(problem.value),
                widen(problem.output_gradient)});
}

}  // namespace seqspan::oracle
