// Heads out of the QKV projection and back, RoPE, QK-norm.
#include <algorithm>
#include <array>
#include <vector>

#include "real/execute/kernels/kernels.hpp"
#include "real/execute/kernels/normalise.hpp"
#include "real/execute/kernels/rotary.hpp"

namespace seqspan::real {
namespace {

// Where the heads of this rank lie among the columns of the QKV projection, which may be that of
// all TP ranks, block by block: then a head may lie in two blocks, as (a + 2 g) d/t columns need be
// no whole number of heads.
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
  zero(gradient);
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
  normalise(call.read(0).values(), call.share.head_dim(), call.write(0).values(), inverse,
            {.first = 0, .stride = both, .per_row = query_heads});
  normalise(call.read(1).values(), call.share.head_dim(), call.write(1).values(), inverse,
            {.first = query_heads, .stride = both, .per_row = kv_heads});
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
  zero(gradient);
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

constexpr std::array kHeadKernels = {
    NamedKernel{"split heads, RoPE", split_heads<true>},
    NamedKernel{"split heads", split_heads<false>},
    NamedKernel{"RoPE", rope},
    NamedKernel{"RoPE backward", rope_backward},
    NamedKernel{"QK-norm", qk_norm},
    NamedKernel{"QK-norm backward", qk_norm_backward},
};

}  // namespace

std::span<const NamedKernel> head_kernels() { return kHeadKernels; }

}  // namespace seqspan::real
