// The GEMMs of a layer, by their matrix: y = x W^T, dx = dy W, dW = dy^T x.
#include <array>

#include "real/execute/kernels/kernels.hpp"

namespace seqspan::real {
namespace {

void count(const KernelCall& call, const MatrixPlace& matrix, std::int64_t rows) {
  call.flops += sim::Flops(2.0 * static_cast<double>(rows) * static_cast<double>(matrix.rows) *
                           static_cast<double>(matrix.columns));
}

using Place = MatrixPlace (LayerShare::*)() const;

// x [rows, in], W [out, in] -> y [rows, out].
template <Place place>
sim::Result<void> forward(const KernelCall& call) {
  const MatrixPlace matrix = (call.share.*place)();
  const Floats& x = call.read(0).values();
  const Floats w = call.read(1).values().part(matrix.offset, matrix.rows * matrix.columns);
  const Floats& y = call.write(0).values();
  const std::int64_t rows = y.size() / matrix.rows;
  count(call, matrix, rows);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t out = 0; out < matrix.rows; ++out) {
      double sum = 0;
      for (std::int64_t in = 0; in < matrix.columns; ++in) {
        sum += static_cast<double>(x[row * matrix.columns + in]) *
               static_cast<double>(w[out * matrix.columns + in]);
      }
      y[row * matrix.rows + out] = static_cast<float>(sum);
    }
  }
  return {};
}

// dy [rows, out], W [out, in] -> dx [rows, in].
template <Place place>
sim::Result<void> data_gradient(const KernelCall& call) {
  const MatrixPlace matrix = (call.share.*place)();
  const Floats& dy = call.read(0).values();
  const Floats w = call.read(1).values().part(matrix.offset, matrix.rows * matrix.columns);
  const Floats& dx = call.write(0).values();
  const std::int64_t rows = dx.size() / matrix.columns;
  count(call, matrix, rows);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t in = 0; in < matrix.columns; ++in) {
      double sum = 0;
      for (std::int64_t out = 0; out < matrix.rows; ++out) {
        sum += static_cast<double>(dy[row * matrix.rows + out]) *
               static_cast<double>(w[out * matrix.columns + in]);
      }
      dx[row * matrix.columns + in] = static_cast<float>(sum);
    }
  }
  return {};
}

// dy [rows, out], x [rows, in] -> dW [out, in], in its place among the gradients.
template <Place place>
sim::Result<void> weight_gradient(const KernelCall& call) {
  const MatrixPlace matrix = (call.share.*place)();
  const Floats& dy = call.read(0).values();
  const Floats& x = call.read(1).values();
  const Floats dw = call.write(0).values().part(matrix.offset, matrix.rows * matrix.columns);
  const std::int64_t rows = dy.size() / matrix.rows;
  count(call, matrix, rows);
  for (std::int64_t out = 0; out < matrix.rows; ++out) {
    for (std::int64_t in = 0; in < matrix.columns; ++in) {
      double sum = 0;
      for (std::int64_t row = 0; row < rows; ++row) {
        sum += static_cast<double>(dy[row * matrix.rows + out]) *
               static_cast<double>(x[row * matrix.columns + in]);
      }
      dw[out * matrix.columns + in] = static_cast<float>(sum);
    }
  }
  return {};
}

constexpr std::array kProjectionKernels = {
    NamedKernel{"QKV projection", forward<&LayerShare::qkv>},
    NamedKernel{"QKV projection, data gradient", data_gradient<&LayerShare::qkv>},
    NamedKernel{"QKV projection, weight gradient", weight_gradient<&LayerShare::qkv>},
    NamedKernel{"output projection", forward<&LayerShare::output>},
    NamedKernel{"output projection, data gradient", data_gradient<&LayerShare::output>},
    NamedKernel{"output projection, weight gradient", weight_gradient<&LayerShare::output>},
    NamedKernel{"gate, up projection", forward<&LayerShare::gate_up>},
    NamedKernel{"gate, up projection, data gradient", data_gradient<&LayerShare::gate_up>},
    NamedKernel{"gate, up projection, weight gradient", weight_gradient<&LayerShare::gate_up>},
    NamedKernel{"down projection", forward<&LayerShare::down>},
    NamedKernel{"down projection, data gradient", data_gradient<&LayerShare::down>},
    NamedKernel{"down projection, weight gradient", weight_gradient<&LayerShare::down>},
};

}  // namespace

std::span<const NamedKernel> projection_kernels() { return kProjectionKernels; }

}  // namespace seqspan::real
