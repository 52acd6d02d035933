// Norms, heads out of the QKV projection and back, RoPE, SwiGLU and residuals. Norms have scale 1
// (the program does not read their scales) and epsilon 1e-6.
#include <array>
#include <cmath>
#include <vector>

#include "real/execute/kernels/kernels.hpp"
#include "real/execute/kernels/rotary.hpp"

namespace seqspan::real {
namespace {

constexpr double kEpsilon = 1e-6;

// `to` = x / rms(x) in rows of `width`.
void normalise(const Floats& x, std::int64_t width, const Floats& to, const Floats& inverse,
               std::int64_t first_inverse, std::int64_t stride, std::int64_t per_row) {
  for (std::int64_t row = 0; row < x.size() / width; ++row) {
    double sum = 0;
    for (std::int64_t i = 0; i < width; ++i) {
      sum += static_cast<double>(x[row * width + i]) * static_cast<double>(x[row * width + i]);
    }
    const double scale = 1.0 / std::sqrt(sum / static_cast<double>(width) + kEpsilon);
    inverse[row / per_row * stride + first_inverse + row % per_row] = static_cast<float>(scale);
    for (std::int64_t i = 0; i < width; ++i) {
      to[row * width + i] = static_cast<float>(static_cast<double>(x[row * width + i]) * scale);
    }
  }
}

// dx = scale (dy - y mean(dy y)) with y = x scale, of one row.
void normalise_backward(const Floats& dy, const Floats& x, double scale, const Floats& dx) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    sum += static_cast<double>(dy[i]) * static_cast<double>(x[i]) * scale;
  }
  const double mean = sum / static_cast<double>(x.size());
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const double y = static_cast<double>(x[i]) * scale;
    dx[i] = static_cast<float>(scale * (static_cast<double>(dy[i]) - y * mean));
  }
}

// x -> y, 1/rms.
sim::Result<void> norm(const KernelCall& call) {
  normalise(call.read(0).values(), call.share.hidden(), call.write(0).values(),
            call.write(1).values(), 0, 1, 1);
  return {};
}

// dy, x, [y,] 1/rms, gradient of the residual -> dx.
sim::Result<void> norm_backward(const KernelCall& call) {
  const std::int64_t width = call.share.hidden();
  const bool has_output = call.reads.size() > 4;
  const Floats& inverse = call.read(has_output ? 3 : 2).values();
  const Floats& residual = call.read(has_output ? 4 : 3).values();
  const Floats& dx = call.write(0).values();
  for (std::int64_t row = 0; row < dx.size() / width; ++row) {
    const std::int64_t at = row * width;
    normalise_backward(call.read(0).values().part(at, width), call.read(1).values().part(at, width),
                       static_cast<double>(inverse[row]), dx.part(at, width));
    for (std::int64_t i = 0; i < width; ++i) dx[at + i] += residual[at + i];
  }
  return {};
}

// Where the heads of this rank lie among the columns of the QKV projection, which may be that of
// all TP ranks, block by block: then a head may lie in two blocks, as (a + 2 g) d/t columns need be no
// whole number of heads.
class QkvColumns {
 public:
  QkvColumns(const KernelCall& call, const Operand& projected)
      : share_(call.share),
        width_(call.share.qkv().rows),
        rows_(static_cast<std::int64_t>(call.share.own_positions().size()) * call.share.batch()),
        is_whole_(projected.extent(2) != width_) {}

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t position(std::int64_t row) const {
    return share_.own_positions().at(static_cast<std::size_t>(row / share_.batch()));
  }
  [[nodiscard]] std::int64_t query_heads() const {
    return share_.query_heads() / share_.layout().tp;
  }
  [[nodiscard]] std::int64_t kv_heads() const {
    return std::max<std::int64_t>(1, share_.kv_heads() / share_.layout().tp);
  }

  // The first column of a head.
  [[nodiscard]] std::int64_t query(std::int64_t head) const {
    const std::int64_t per_group = share_.query_heads() / share_.kv_heads();
    const std::int64_t global = head + (is_whole_ ? tp() * query_heads() : 0);
    return global / per_group * group_width() + global % per_group * share_.head_dim();
  }
  [[nodiscard]] std::int64_t key(std::int64_t head) const {
    return group_of(head) * group_width() + queries_width();
  }
  [[nodiscard]] std::int64_t value(std::int64_t head) const {
    return key(head) + share_.head_dim();
  }

  // A head out of the projection, and into it.
  void take(const Floats& values, std::int64_t row, std::int64_t column, const Floats& head) const {
    for (std::int64_t i = 0; i < head.size(); ++i) head[i] = values[place(row, column + i)];
  }
  void put(const Floats& head, const Floats& values, std::int64_t row, std::int64_t column) const {
    for (std::int64_t i = 0; i < head.size(); ++i) values[place(row, column + i)] = head[i];
  }

 private:
  [[nodiscard]] std::int64_t tp() const { return share_.index(sim::Axis::kTensor); }
  [[nodiscard]] std::int64_t queries_width() const {
    return share_.query_heads() / share_.kv_heads() * share_.head_dim();
  }
  [[nodiscard]] std::int64_t group_width() const { return queries_width() + 2 * share_.head_dim(); }
  [[nodiscard]] std::int64_t group_of(std::int64_t head) const {
    return is_whole_ ? tp() * share_.kv_heads() / share_.layout().tp : head;
  }
  [[nodiscard]] std::int64_t place(std::int64_t row, std::int64_t column) const {
    return column / width_ * rows_ * width_ + row * width_ + column % width_;
  }

  const LayerShare& share_;
  std::int64_t width_;
  std::int64_t rows_;
  bool is_whole_;
};

Floats head_of(const Floats& values, std::int64_t row, std::int64_t heads, std::int64_t head,
               std::int64_t d) {
  return values.part((row * heads + head) * d, d);
}

// QKV -> q, k, v; q and k turned, or not.
template <bool turns>
sim::Result<void> split_heads(const KernelCall& call) {
  const QkvColumns columns(call, call.read(0));
  const Floats& qkv = call.read(0).values();
  const std::int64_t d = call.share.head_dim();
  std::vector<float> memory(static_cast<std::size_t>(d));
  const Floats untouched(memory);
  const auto take = [&](std::int64_t row, std::int64_t column, const Floats& to) {
    if (turns) {
      columns.take(qkv, row, column, untouched);
      rotate(untouched, to, columns.position(row), d, 1);
    } else {
      columns.take(qkv, row, column, to);
    }
  };
  for (std::int64_t row = 0; row < columns.rows(); ++row) {
    for (std::int64_t head = 0; head < columns.query_heads(); ++head) {
      take(row, columns.query(head),
           head_of(call.write(0).values(), row, columns.query_heads(), head, d));
    }
    for (std::int64_t head = 0; head < columns.kv_heads(); ++head) {
      take(row, columns.key(head),
           head_of(call.write(1).values(), row, columns.kv_heads(), head, d));
      columns.take(qkv, row, columns.value(head),
                   head_of(call.write(2).values(), row, columns.kv_heads(), head, d));
    }
  }
  return {};
}

// Turns every head of each read into the write at its place.
void rotate_all(const KernelCall& call, int sign) {
  const std::int64_t d = call.share.head_dim();
  for (std::size_t operand = 0; operand < 2; ++operand) {
    const Floats& from = call.read(operand).values();
    const Floats& to = call.write(operand).values();
    const std::int64_t heads = call.read(operand).extent(2) * call.share.batch();
    for (std::int64_t row = 0; row < from.size() / d; ++row) {
      const auto token = static_cast<std::size_t>(row / heads);
      rotate(from.part(row * d, d), to.part(row * d, d), call.share.own_positions().at(token), d,
             sign);
    }
  }
}

sim::Result<void> rope(const KernelCall& call) {
  rotate_all(call, 1);
  return {};
}

// dq, dk, dv -> d(QKV); with QK-norm only dq, dk -> those before RoPE.
sim::Result<void> rope_backward(const KernelCall& call) {
  if (call.reads.size() == 2) {
    rotate_all(call, -1);
    return {};
  }
  const QkvColumns columns(call, call.write(0));
  const Floats& gradient = call.write(0).values();
  const std::int64_t d = call.share.head_dim();
  std::vector<float> memory(static_cast<std::size_t>(d));
  const Floats turned(memory);
  const auto put = [&](const Floats& from, std::int64_t row, std::int64_t column) {
    rotate(from, turned, columns.position(row), d, -1);
    columns.put(turned, gradient, row, column);
  };
  for (float& value : gradient.span()) value = 0;
  for (std::int64_t row = 0; row < columns.rows(); ++row) {
    for (std::int64_t head = 0; head < columns.query_heads(); ++head) {
      put(head_of(call.read(0).values(), row, columns.query_heads(), head, d), row,
          columns.query(head));
    }
    for (std::int64_t head = 0; head < columns.kv_heads(); ++head) {
      put(head_of(call.read(1).values(), row, columns.kv_heads(), head, d), row, columns.key(head));
      columns.put(head_of(call.read(2).values(), row, columns.kv_heads(), head, d), gradient, row,
                  columns.value(head));
    }
  }
  return {};
}

// q, k -> the same normalised head by head, 1/rms of each: queries, then keys, of a row.
sim::Result<void> qk_norm(const KernelCall& call) {
  const std::int64_t query_heads = call.read(0).extent(2);
  const std::int64_t kv_heads = call.read(1).extent(2);
  const std::int64_t both = query_heads + kv_heads;
  const Floats& inverse = call.write(2).values();
  normalise(call.read(0).values(), call.share.head_dim(), call.write(0).values(), inverse, 0, both,
            query_heads);
  normalise(call.read(1).values(), call.share.head_dim(), call.write(1).values(), inverse,
            query_heads, both, kv_heads);
  return {};
}

// dq, dk of what was normalised, dv, q, k before, 1/rms -> d(QKV).
sim::Result<void> qk_norm_backward(const KernelCall& call) {
  const QkvColumns columns(call, call.write(0));
  const Floats& gradient = call.write(0).values();
  const Floats& inverse = call.read(5).values();
  const std::int64_t d = call.share.head_dim();
  const std::int64_t a = columns.query_heads();
  const std::int64_t g = columns.kv_heads();
  std::vector<float> memory(static_cast<std::size_t>(d));
  const Floats dx(memory);
  for (float& value : gradient.span()) value = 0;
  for (std::int64_t row = 0; row < columns.rows(); ++row) {
    for (std::int64_t head = 0; head < a; ++head) {
      normalise_backward(head_of(call.read(0).values(), row, a, head, d),
                         head_of(call.read(3).values(), row, a, head, d),
                         static_cast<double>(inverse[row * (a + g) + head]), dx);
      columns.put(dx, gradient, row, columns.query(head));
    }
    for (std::int64_t head = 0; head < g; ++head) {
      normalise_backward(head_of(call.read(1).values(), row, g, head, d),
                         head_of(call.read(4).values(), row, g, head, d),
                         static_cast<double>(inverse[row * (a + g) + a + head]), dx);
      columns.put(dx, gradient, row, columns.key(head));
      columns.put(head_of(call.read(2).values(), row, g, head, d), gradient, row,
                  columns.value(head));
    }
  }
  return {};
}

sim::Result<void> add(const KernelCall& call) {
  const Floats& to = call.write(0).values();
  for (std::int64_t i = 0; i < to.size(); ++i) {
    to[i] = call.read(0).values()[i] + call.read(1).values()[i];
  }
  return {};
}

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// Rows of gate, up: [gate f/t, up f/t].
struct GateUp {
  GateUp(const Floats& both, std::int64_t i, std::int64_t width)
      : gate_at(i / width * 2 * width + i % width),
        up_at(gate_at + width),
        gate(both[gate_at]),
        up(both[up_at]) {}

  std::int64_t gate_at;
  std::int64_t up_at;
  double gate;
  double up;
};

std::int64_t width_of(const KernelCall& call) {
  return call.share.intermediate() / call.share.layout().tp;
}

// gate, up -> silu(gate) up.
sim::Result<void> swiglu(const KernelCall& call) {
  const Floats& to = call.write(0).values();
  for (std::int64_t i = 0; i < to.size(); ++i) {
    const GateUp at(call.read(0).values(), i, width_of(call));
    to[i] = static_cast<float>(at.gate * sigmoid(at.gate) * at.up);
  }
  return {};
}

// gate, up -> silu(gate).
sim::Result<void> silu(const KernelCall& call) {
  const Floats& to = call.write(0).values();
  for (std::int64_t i = 0; i < to.size(); ++i) {
    const GateUp at(call.read(0).values(), i, width_of(call));
    to[i] = static_cast<float>(at.gate * sigmoid(at.gate));
  }
  return {};
}

// silu(gate); gate, up -> silu(gate) up.
sim::Result<void> times_up(const KernelCall& call) {
  const Floats& to = call.write(0).values();
  for (std::int64_t i = 0; i < to.size(); ++i) {
    const GateUp at(call.read(1).values(), i, width_of(call));
    to[i] = static_cast<float>(static_cast<double>(call.read(0).values()[i]) * at.up);
  }
  return {};
}

// gate, up; [silu(gate);] dy -> d(gate, up). d silu = sigmoid (1 + x (1 - sigmoid)).
sim::Result<void> swiglu_backward(const KernelCall& call) {
  const bool has_silu = call.reads.size() > 2;
  const Floats& dy = call.read(has_silu ? 2 : 1).values();
  const Floats& gradient = call.write(0).values();
  for (std::int64_t i = 0; i < dy.size(); ++i) {
    const GateUp at(call.read(0).values(), i, width_of(call));
    const double sigma = sigmoid(at.gate);
    const double silu = has_silu ? static_cast<double>(call.read(1).values()[i]) : at.gate * sigma;
    const auto d = static_cast<double>(dy[i]);
    gradient[at.gate_at] = static_cast<float>(d * at.up * sigma * (1.0 + at.gate * (1.0 - sigma)));
    gradient[at.up_at] = static_cast<float>(d * silu);
  }
  return {};
}

constexpr std::array kKernels = {
    NamedKernel{"norm", norm},
    NamedKernel{"norm backward", norm_backward},
    NamedKernel{"cast to fp32", copy_kernel},
    NamedKernel{"normalise", norm},
    NamedKernel{"scale norm", copy_kernel},
    NamedKernel{"split heads, RoPE", split_heads<true>},
    NamedKernel{"split heads", split_heads<false>},
    NamedKernel{"RoPE", rope},
    NamedKernel{"RoPE backward", rope_backward},
    NamedKernel{"QK-norm", qk_norm},
    NamedKernel{"QK-norm backward", qk_norm_backward},
    NamedKernel{"residual after attention", add},
    NamedKernel{"residual after feed-forward", add},
    NamedKernel{"SwiGLU", swiglu},
    NamedKernel{"SwiGLU backward", swiglu_backward},
    NamedKernel{"silu", silu},
    NamedKernel{"silu(gate) x up", times_up},
    NamedKernel{"silu(gate) x up backward", swiglu_backward},
};

}  // namespace

std::span<const NamedKernel> pointwise_kernels() { return kKernels; }

}  // namespace seqspan::real
