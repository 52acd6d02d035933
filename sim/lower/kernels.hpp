// Which kernels the element-wise modules of a layer run: norm, RoPE, SwiGLU.
//
// A fused kernel reads its input and writes its output once. Eager modules run a kernel for each of
// their operations, with what lies between in memory. Bytes that one number of the input moves
// then, bf16 in and out, counted from the modules' sources and autograd's formulas:
//
//   RMSNorm, forward    to fp32 6 | square 8, mean 4, times 1/rms 8, to bf16 6 | times weight 4
//   RMSNorm, backward   times weight 4 and the weight's gradient 8 | to fp32 6 | times 1/rms 8 and
//                       gradient of 1/rms 16 | mean 4, square 28 | sum 12 | to bf16 6
//   RoPE, forward       Hugging Face: x cos 4, turned halves 6, times sin 4, sum 6
//                       torchtitan: to fp32 6, complex product 8, to bf16 6
//   RoPE, backward      Hugging Face: g cos 4, g sin 4, halves turned back 2, two slices of zeros
//                       and copies 8, sums 12; torchtitan as forward
//   SwiGLU, forward     silu 4, product 6; backward: two products 12, silu 6 (per number of f)
// Sources: transformers models/llama/modeling_llama.py (LlamaRMSNorm, rotate_half, LlamaMLP);
// torchtitan models/common (apply_rotary_emb, FeedForward); PyTorch
// tools/autograd/derivatives.yaml.
//
// torch.compile fuses all of them, and computes again no more than backward reads.
#pragma once

#include "sim/lower/framework_traits.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

struct Kernels {
  bool fused_norm;
  bool fused_elementwise;
  bool compiled;
};

// torch.compile: as the job says, else where the framework's documentation asks for it: torchtitan
// docs/float8.md, distributed/tensor_parallel.py maybe_enable_async_tp.
[[nodiscard]] inline bool is_compiled(const Training& training, const FrameworkTraits& traits) {
  if (!traits.compiles) return false;
  return training.compile.value_or(training.linear_precision != LinearPrecision::kBFloat16 ||
                                   training.overlap_tensor_parallel);
}

[[nodiscard]] inline Kernels kernels_of(const Training& training, const FrameworkTraits& traits) {
  const bool compiled = is_compiled(training, traits);
  return {.fused_norm = traits.eager.fused_norm || compiled,
          .fused_elementwise = traits.eager.fused_elementwise || compiled,
          .compiled = compiled};
}

// A loss that could be compiled and is not keeps fp32 log-softmax and its gradient apart.
[[nodiscard]] inline LossKind loss_of(const Training& training, const FrameworkTraits& traits) {
  const bool eager = traits.compiles && !is_compiled(training, traits);
  return training.loss.value_or(eager ? LossKind::kEagerFloat32 : traits.loss);
}

// What the framework makes of an op on the host: compiled, a memory pass is a kernel.
[[nodiscard]] inline HostTraits host_of(const Training& training, const FrameworkTraits& traits) {
  HostTraits host = traits.host;
  if (is_compiled(training, traits)) {
    host.calls_per_pass = 1;
    host.calls_per_pass_source = "one compiled kernel, one call";
  }
  return host;
}

// Bytes moved per number by eager modules (above).
inline constexpr std::int64_t kEagerNormToFloat = 6;
inline constexpr std::int64_t kEagerNormalise = 26;
inline constexpr std::int64_t kEagerNormScale = 4;
inline constexpr std::int64_t kEagerNormBackward = 92;
inline constexpr std::int64_t kEagerSwigluBackward = 18;
// Two gradients of one tensor.
inline constexpr std::int64_t kEagerSum = 6;

}  // namespace seqspan::sim
