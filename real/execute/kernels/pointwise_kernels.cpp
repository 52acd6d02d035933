// Norms, SwiGLU and residuals: element by element, or row by row.
#include <array>
#include <cmath>

#include "real/execute/kernels/kernels.hpp"
#include "real/execute/kernels/normalise.hpp"

namespace seqspan::real {
namespace {

// x -> y, 1/rms.
sim::Result<void> norm(const KernelCall& call) {
  normalise(call.read(0).values(), call.share.hidden(), call.write(0).values(),
            call.write(1).values());
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

constexpr std::array kPointwiseKernels = {
    // The product of q, k and v, or of gate and up, as one has summed them already.
    NamedKernel{"sum of gradients from q, k, v", copy_kernel},
    NamedKernel{"sum of gradients from gate, up", copy_kernel},
    NamedKernel{"norm", norm},
    NamedKernel{"norm backward", norm_backward},
    NamedKernel{"cast to fp32", copy_kernel},
    NamedKernel{"normalise", norm},
    NamedKernel{"scale norm", copy_kernel},
    NamedKernel{"residual after attention", add},
    NamedKernel{"residual after feed-forward", add},
    NamedKernel{"SwiGLU", swiglu},
    NamedKernel{"SwiGLU backward", swiglu_backward},
    NamedKernel{"silu", silu},
    NamedKernel{"silu(gate) x up", times_up},
    NamedKernel{"silu(gate) x up backward", swiglu_backward},
};

}  // namespace

std::span<const NamedKernel> pointwise_kernels() { return kPointwiseKernels; }

}  // namespace seqspan::real
