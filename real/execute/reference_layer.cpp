#include "real/execute/reference_layer.hpp"

#include <algorithm>
#include <cmath>

namespace seqspan::real {
namespace {

using Matrix = std::vector<double>;

constexpr double kEpsilon = 1e-6;

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

// splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

// y [rows, out] = x [rows, in] W^T.
Matrix multiply(const Matrix& x, const Matrix& w, std::int64_t in, std::int64_t out) {
  const auto rows = static_cast<std::int64_t>(x.size()) / in;
  Matrix y(at(rows * out), 0);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t o = 0; o < out; ++o) {
      for (std::int64_t i = 0; i < in; ++i)
        y[at(r * out + o)] += x[at(r * in + i)] * w[at(o * in + i)];
    }
  }
  return y;
}

// dx [rows, in] = dy W; adds dy^T x to dw.
Matrix multiply_backward(const Matrix& dy, const Matrix& x, const Matrix& w, std::int64_t in,
                         std::int64_t out, Matrix& dw) {
  const auto rows = static_cast<std::int64_t>(x.size()) / in;
  Matrix dx(x.size(), 0);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t o = 0; o < out; ++o) {
      for (std::int64_t i = 0; i < in; ++i) {
        dx[at(r * in + i)] += dy[at(r * out + o)] * w[at(o * in + i)];
        dw[at(o * in + i)] += dy[at(r * out + o)] * x[at(r * in + i)];
      }
    }
  }
  return dx;
}

double inverse_rms(const double* x, std::int64_t width) {
  double sum = 0;
  for (std::int64_t i = 0; i < width; ++i) sum += x[i] * x[i];
  return 1 / std::sqrt(sum / static_cast<double>(width) + kEpsilon);
}

Matrix norm(const Matrix& x, std::int64_t width) {
  Matrix y = x;
  for (std::size_t row = 0; row < x.size(); row += at(width)) {
    const double scale = inverse_rms(&x[row], width);
    for (std::size_t i = row; i < row + at(width); ++i) y[i] *= scale;
  }
  return y;
}

// The Jacobian of x / rms(x), times dy.
Matrix norm_backward(const Matrix& dy, const Matrix& x, std::int64_t width) {
  Matrix dx(x.size());
  for (std::size_t row = 0; row < x.size(); row += at(width)) {
    const double scale = inverse_rms(&x[row], width);
    double dot = 0;
    for (std::size_t i = row; i < row + at(width); ++i) dot += dy[i] * x[i];
    const double factor = dot * scale * scale * scale / static_cast<double>(width);
    for (std::size_t i = row; i < row + at(width); ++i) dx[i] = dy[i] * scale - x[i] * factor;
  }
  return dx;
}

// Turns pairs (i, i + d/2) by position / 10000^(2i/d), in place.
void rotate(double* head, std::int64_t position, std::int64_t d, double sign) {
  for (std::int64_t i = 0; i < d / 2; ++i) {
    const double angle = sign * static_cast<double>(position) *
                         std::pow(10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(d));
    const double x = head[i];
    const double y = head[i + d / 2];
    head[i] = x * std::cos(angle) - y * std::sin(angle);
    head[i + d / 2] = x * std::sin(angle) + y * std::cos(angle);
  }
}

// The attention half of one sequence's rows between the QKV projection and the output projection.
class Heads {
 public:
  Heads(const LayerShape& shape, const Matrix& qkv)
      : shape_(shape),
        per_group_(shape.query_heads / shape.kv_heads),
        width_(shape.rows(LayerMatrix::kQkv)),
        qkv_(qkv) {
    std::int32_t document = 0;
    for (const std::int64_t length : shape.documents) {
      const std::int64_t left = shape.tokens - static_cast<std::int64_t>(document_.size());
      document_.insert(document_.end(), at(std::min(length, left)), document++);
    }
    document_.resize(at(shape.tokens), document);
    prepared_ = qkv;
    for_each_turned([&](std::size_t place, std::int64_t position) {
      if (shape_.qk_norm) {
        const double scale = inverse_rms(&qkv_[place], shape_.head_dim);
        for (std::int64_t i = 0; i < shape_.head_dim; ++i) prepared_[place + at(i)] *= scale;
      }
      rotate(&prepared_[place], position, shape_.head_dim, 1);
    });
  }

  [[nodiscard]] Matrix forward() const {
    Matrix output(at(shape_.sequences * shape_.tokens * shape_.query_heads * shape_.head_dim), 0);
    for_each_row([&](std::int64_t b, std::int64_t head, std::int64_t q) {
      const Matrix p = probabilities(b, head, q);
      for (std::int64_t k = 0; k <= q; ++k) {
        for (std::int64_t i = 0; i < shape_.head_dim; ++i) {
          output[out(b, q, head) + at(i)] += p[at(k)] * prepared_[value(b, k, head) + at(i)];
        }
      }
    });
    return output;
  }

  // d(QKV) of d(attention output).
  [[nodiscard]] Matrix backward(const Matrix& gradient) const {
    Matrix d(qkv_.size(), 0);
    const double scale = 1 / std::sqrt(static_cast<double>(shape_.head_dim));
    for_each_row([&](std::int64_t b, std::int64_t head, std::int64_t q) {
      const Matrix p = probabilities(b, head, q);
      Matrix dp(p.size(), 0);
      double mean = 0;
      for (std::int64_t k = 0; k <= q; ++k) {
        for (std::int64_t i = 0; i < shape_.head_dim; ++i) {
          const double g = gradient[out(b, q, head) + at(i)];
          dp[at(k)] += g * prepared_[value(b, k, head) + at(i)];
          d[value(b, k, head) + at(i)] += p[at(k)] * g;
        }
        mean += p[at(k)] * dp[at(k)];
      }
      for (std::int64_t k = 0; k <= q; ++k) {
        const double ds = p[at(k)] * (dp[at(k)] - mean) * scale;
        for (std::int64_t i = 0; i < shape_.head_dim; ++i) {
          d[query(b, q, head) + at(i)] += ds * prepared_[key(b, k, head) + at(i)];
          d[key(b, k, head) + at(i)] += ds * prepared_[query(b, q, head) + at(i)];
        }
      }
    });
    for_each_turned([&](std::size_t place, std::int64_t position) {
      rotate(&d[place], position, shape_.head_dim, -1);
      if (!shape_.qk_norm) return;
      const auto begin = static_cast<std::ptrdiff_t>(place);
      const Matrix dy(d.begin() + begin, d.begin() + begin + shape_.head_dim);
      const Matrix x(qkv_.begin() + begin, qkv_.begin() + begin + shape_.head_dim);
      const Matrix dx = norm_backward(dy, x, shape_.head_dim);
      std::copy(dx.begin(), dx.end(), d.begin() + begin);
    });
    return d;
  }

 private:
  [[nodiscard]] std::size_t group(std::int64_t b, std::int64_t token, std::int64_t head) const {
    return at((b * shape_.tokens + token) * width_ +
              head / per_group_ * (per_group_ + 2) * shape_.head_dim);
  }
  [[nodiscard]] std::size_t query(std::int64_t b, std::int64_t token, std::int64_t head) const {
    return group(b, token, head) + at(head % per_group_ * shape_.head_dim);
  }
  [[nodiscard]] std::size_t key(std::int64_t b, std::int64_t token, std::int64_t head) const {
    return group(b, token, head) + at(per_group_ * shape_.head_dim);
  }
  [[nodiscard]] std::size_t value(std::int64_t b, std::int64_t token, std::int64_t head) const {
    return group(b, token, head) + at((per_group_ + 1) * shape_.head_dim);
  }
  [[nodiscard]] std::size_t out(std::int64_t b, std::int64_t token, std::int64_t head) const {
    return at(((b * shape_.tokens + token) * shape_.query_heads + head) * shape_.head_dim);
  }

  template <class Visit>
  void for_each_row(Visit visit) const {
    for (std::int64_t b = 0; b < shape_.sequences; ++b) {
      for (std::int64_t head = 0; head < shape_.query_heads; ++head) {
        for (std::int64_t q = 0; q < shape_.tokens; ++q) visit(b, head, q);
      }
    }
  }
  // Every query and key head with its position.
  template <class Visit>
  void for_each_turned(Visit visit) const {
    for (std::int64_t b = 0; b < shape_.sequences; ++b) {
      for (std::int64_t token = 0; token < shape_.tokens; ++token) {
        for (std::int64_t head = 0; head < shape_.query_heads; ++head) {
          visit(query(b, token, head), token);
          if (head % per_group_ == 0) visit(key(b, token, head), token);
        }
      }
    }
  }

  // Of the keys 0 to q; 0 in other documents.
  [[nodiscard]] Matrix probabilities(std::int64_t b, std::int64_t head, std::int64_t q) const {
    Matrix p(at(q + 1), 0);
    double sum = 0;
    for (std::int64_t k = 0; k <= q; ++k) {
      if (document_[at(k)] != document_[at(q)]) continue;
      double score = 0;
      for (std::int64_t i = 0; i < shape_.head_dim; ++i) {
        score += prepared_[query(b, q, head) + at(i)] * prepared_[key(b, k, head) + at(i)];
      }
      p[at(k)] = std::exp(score / std::sqrt(static_cast<double>(shape_.head_dim)));
      sum += p[at(k)];
    }
    for (double& value : p) value /= sum;
    return p;
  }

  const LayerShape& shape_;
  std::int64_t per_group_;
  std::int64_t width_;
  const Matrix& qkv_;
  Matrix prepared_;  // normalised and turned
  std::vector<std::int32_t> document_;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

std::int64_t LayerShape::rows(LayerMatrix matrix) const {
  switch (matrix) {
    case LayerMatrix::kQkv:
      return (query_heads + 2 * kv_heads) * head_dim;
    case LayerMatrix::kGateUp:
      return 2 * intermediate;
    case LayerMatrix::kOutput:
    case LayerMatrix::kDown:
      return hidden;
  }
  return 0;
}

std::int64_t LayerShape::columns(LayerMatrix matrix) const {
  switch (matrix) {
    case LayerMatrix::kQkv:
    case LayerMatrix::kGateUp:
      return hidden;
    case LayerMatrix::kOutput:
      return query_heads * head_dim;
    case LayerMatrix::kDown:
      return intermediate;
  }
  return 0;
}

float LayerNumbers::draw(std::uint64_t kind, std::int64_t a, std::int64_t b, std::int64_t c) const {
  std::uint64_t state = mix(seed_ + kind);
  for (const std::int64_t part : {a, b, c}) state = mix(state ^ static_cast<std::uint64_t>(part));
  // 24 bits: exact in float32.
  return static_cast<float>(static_cast<double>(state >> 40U) / 8388608.0 - 1.0);
}

float LayerNumbers::weight(const LayerShape& shape, LayerMatrix matrix, std::int64_t row,
                           std::int64_t column) const {
  const double scale = 1 / std::sqrt(static_cast<double>(shape.columns(matrix)));
  return static_cast<float>(
      scale * static_cast<double>(draw(static_cast<std::uint64_t>(matrix), row, column, 0)));
}

float LayerNumbers::input(std::int64_t sequence, std::int64_t position, std::int64_t i) const {
  return draw(kLayerMatrices, sequence, position, i);
}

float LayerNumbers::output_gradient(std::int64_t sequence, std::int64_t position,
                                    std::int64_t i) const {
  return draw(kLayerMatrices + 1, sequence, position, i);
}

ReferenceLayer reference_layer(const LayerShape& shape, const LayerNumbers& numbers) {
  std::vector<Matrix> w;
  ReferenceLayer result;
  for (std::size_t m = 0; m < kLayerMatrices; ++m) {
    const auto matrix = static_cast<LayerMatrix>(m);
    Matrix& weights = w.emplace_back();
    for (std::int64_t row = 0; row < shape.rows(matrix); ++row) {
      for (std::int64_t column = 0; column < shape.columns(matrix); ++column) {
        weights.push_back(static_cast<double>(numbers.weight(shape, matrix, row, column)));
      }
    }
    result.weight_gradients.emplace_back(weights.size(), 0.0);
  }
  Matrix x;
  Matrix dz;
  for (std::int64_t b = 0; b < shape.sequences; ++b) {
    for (std::int64_t token = 0; token < shape.tokens; ++token) {
      for (std::int64_t i = 0; i < shape.hidden; ++i) {
        x.push_back(static_cast<double>(numbers.input(b, token, i)));
        dz.push_back(static_cast<double>(numbers.output_gradient(b, token, i)));
      }
    }
  }
  const auto in = [&](LayerMatrix matrix) { return shape.columns(matrix); };
  const auto out = [&](LayerMatrix matrix) { return shape.rows(matrix); };
  const auto forward = [&](const Matrix& from, LayerMatrix matrix) {
    return multiply(from, w[static_cast<std::size_t>(matrix)], in(matrix), out(matrix));
  };
  const auto backward = [&](const Matrix& dy, const Matrix& from, LayerMatrix matrix) {
    const auto m = static_cast<std::size_t>(matrix);
    return multiply_backward(dy, from, w[m], in(matrix), out(matrix), result.weight_gradients[m]);
  };
  const auto add = [](Matrix a, const Matrix& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
  };

  const Matrix normed_x = norm(x, shape.hidden);
  const Matrix qkv = forward(normed_x, LayerMatrix::kQkv);
  const Heads heads(shape, qkv);
  const Matrix attention = heads.forward();
  const Matrix y = add(forward(attention, LayerMatrix::kOutput), x);
  const Matrix normed_y = norm(y, shape.hidden);
  const Matrix gate_up = forward(normed_y, LayerMatrix::kGateUp);
  Matrix activated;
  for (std::size_t i = 0; i < gate_up.size(); ++i) {
    if (i % at(2 * shape.intermediate) >= at(shape.intermediate)) continue;
    const double gate = gate_up[i];
    activated.push_back(gate * sigmoid(gate) * gate_up[i + at(shape.intermediate)]);
  }
  result.output = add(forward(activated, LayerMatrix::kDown), y);

  const Matrix d_activated = backward(dz, activated, LayerMatrix::kDown);
  Matrix d_gate_up(gate_up.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < gate_up.size(); ++i) {
    if (i % at(2 * shape.intermediate) >= at(shape.intermediate)) continue;
    const double gate = gate_up[i];
    const double s = sigmoid(gate);
    const double d = d_activated[next++];
    d_gate_up[i] = d * gate_up[i + at(shape.intermediate)] * (s + gate * s * (1 - s));
    d_gate_up[i + at(shape.intermediate)] = d * gate * s;
  }
  const Matrix dy =
      add(norm_backward(backward(d_gate_up, normed_y, LayerMatrix::kGateUp), y, shape.hidden), dz);
  const Matrix d_attention = backward(dy, attention, LayerMatrix::kOutput);
  const Matrix d_normed_x = backward(heads.backward(d_attention), normed_x, LayerMatrix::kQkv);
  result.input_gradient = add(norm_backward(d_normed_x, x, shape.hidden), dy);
  return result;
}

}  // namespace seqspan::real
