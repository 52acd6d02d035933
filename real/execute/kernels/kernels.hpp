// The kernels by the op that each stands for, in groups as sim/lower has them.
#pragma once

#include <span>
#include <string_view>

#include "real/execute/kernel.hpp"

namespace seqspan::real {

struct NamedKernel {
  std::string_view op;
  Kernel run;
};

[[nodiscard]] std::span<const NamedKernel> attention_kernels();   // local and all-gather
[[nodiscard]] std::span<const NamedKernel> ring_kernels();        // lower/attention/ring
[[nodiscard]] std::span<const NamedKernel> rearrange_kernels();   // Ulysses, orders, repeats
[[nodiscard]] std::span<const NamedKernel> projection_kernels();  // GEMMs
[[nodiscard]] std::span<const NamedKernel> head_kernels();        // heads of QKV, RoPE, QK-norm
[[nodiscard]] std::span<const NamedKernel> pointwise_kernels();   // norms, SwiGLU, residuals
[[nodiscard]] std::span<const NamedKernel> weight_kernels();      // lower/weights

// Copies all of `from`; sizes must be equal.
[[nodiscard]] sim::Result<void> copy_kernel(const KernelCall& call);

}  // namespace seqspan::real
