#include "tests/real/oracle/dense_layer.hpp"

#include <cmath>

namespace seqspan::oracle {
namespace {

using Matrix = std::vector<double>;

Matrix widen(const std::vector<float>& values) { return {values.begin(), values.end()}; }

double& at(Matrix& matrix, std::int64_t index) { return matrix[static_cast<std::size_t>(index)]; }
double at(const Matrix& matrix, std::int64_t index) {
  return matrix[static_cast<std::size_t>(index)];
}

// sum over k of x(i, k) y(k, j); `x` and `y` give elements.
template <class X, class Y>
Matrix product(std::int64_t rows, std::int64_t inner, std::int64_t columns, X x, Y y) {
  Matrix result(static_cast<std::size_t>(rows * columns));
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < inner; ++k) sum += x(i, k) * y(k, j);
      at(result, i * columns + j) = sum;
    }
  }
  return result;
}

// Element (i, j) of a matrix of `columns` columns, and (j, i) of it.
auto plain(const Matrix& matrix, std::int64_t columns) {
  return [&matrix, columns](std::int64_t i, std::int64_t j) { return at(matrix, i * columns + j); };
}
auto turned(const Matrix& matrix, std::int64_t columns) {
  return [&matrix, columns](std::int64_t i, std::int64_t j) { return at(matrix, j * columns + i); };
}

// Visits (element of mixed QKV, element of q, k or v, which of them), all of them.
template <class Visit>
void for_each_element(const LayerHeads& layer, std::int64_t lines, Visit visit) {
  const Heads& heads = layer.heads;
  const std::int64_t d = heads.head_dim;
  const std::int64_t per_kv = heads.query_heads / heads.kv_heads;
  for (std::int64_t line = 0; line < lines; ++line) {
    for (std::int64_t column = 0; column < layer.qkv_width() / d; ++column) {
      const std::int64_t kv = column / (per_kv + 2);
      const std::int64_t in_group = column % (per_kv + 2);
      const int which = in_group < per_kv ? 0 : in_group == per_kv ? 1 : 2;
      const std::int64_t head = which == 0 ? line * heads.query_heads + kv * per_kv + in_group
                                           : line * heads.kv_heads + kv;
      for (std::int64_t e = 0; e < d; ++e) {
        visit(line * layer.qkv_width() + column * d + e, head * d + e, which);
      }
    }
  }
}

}  // namespace

LayerProblem draw_layer(Dice& dice, const Sizes& sizes, std::int64_t hidden, bool documents) {
  LayerProblem problem;
  problem.layer = {{sizes.batch, sizes.query_heads, sizes.kv_heads, sizes.head_dim}, hidden};
  problem.sequence = sizes.sequence;
  problem.mask = draw_mask(dice, sizes, documents);
  const std::int64_t lines = sizes.sequence * sizes.batch;
  problem.input = dice.numbers(lines * hidden);
  problem.qkv = dice.numbers(hidden * problem.layer.qkv_width());
  problem.output = dice.numbers(problem.layer.query_width() * hidden);
  problem.output_gradient = dice.numbers(lines * hidden);
  return problem;
}

LayerAnswer solve(const LayerProblem& problem) {
  const LayerHeads& layer = problem.layer;
  const Heads& heads = layer.heads;
  const std::int64_t lines = problem.sequence * heads.batch;
  const std::int64_t h = layer.hidden;
  const std::int64_t wide = layer.qkv_width();
  const std::int64_t width = layer.query_width();
  const Matrix x = widen(problem.input);
  const Matrix qkv_weight = widen(problem.qkv);
  const Matrix output_weight = widen(problem.output);
  const Matrix dy = widen(problem.output_gradient);

  const Matrix mixed = product(lines, h, wide, plain(x, h), plain(qkv_weight, wide));
  DenseInputs inputs;
  inputs.query.resize(static_cast<std::size_t>(lines * width));
  inputs.key.resize(static_cast<std::size_t>(lines * heads.kv_heads * heads.head_dim));
  inputs.value.resize(inputs.key.size());
  for_each_element(layer, lines, [&](std::int64_t from, std::int64_t to, int which) {
    Matrix& part = which == 0 ? inputs.query : which == 1 ? inputs.key : inputs.value;
    at(part, to) = at(mixed, from);
  });
  inputs.output_gradient = product(lines, h, width, plain(dy, h), turned(output_weight, h));
  const Sizes sizes{heads.batch, problem.sequence, heads.query_heads, heads.kv_heads,
                    heads.head_dim};
  const Answer answer = solve(sizes, problem.mask, inputs);

  LayerAnswer result;
  result.output = product(lines, width, h, plain(answer.output, width), plain(output_weight, h));
  result.output_weight_gradient =
      product(width, lines, h, turned(answer.output, width), plain(dy, h));
  Matrix mixed_gradient(mixed.size());
  for_each_element(layer, lines, [&](std::int64_t to, std::int64_t from, int which) {
    const Matrix& part = which == 0   ? answer.query_gradient
                         : which == 1 ? answer.key_gradient
                                      : answer.value_gradient;
    at(mixed_gradient, to) = at(part, from);
  });
  result.input_gradient =
      product(lines, wide, h, plain(mixed_gradient, wide), turned(qkv_weight, wide));
  result.qkv_gradient = product(h, lines, wide, turned(x, h), plain(mixed_gradient, wide));
  return result;
}

}  // namespace seqspan::oracle
