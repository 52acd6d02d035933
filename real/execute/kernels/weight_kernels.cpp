// What happens to flat parameters and gradients on the way to and from the data parallel group.
#include <array>

#include "real/execute/kernels/kernels.hpp"

namespace seqspan::real {
namespace {

sim::Result<void> nothing(const KernelCall& /*call*/) { return {}; }

// [what the pass waits for,] parameters -> flat.
sim::Result<void> cast_parameters(const KernelCall& call) {
  return copy_kernel({call.share, {call.read(call.reads.size() - 1)}, call.writes, call.flops});
}

// Flat -> this layer's parameters, and the next layer's, which are not there to be had.
sim::Result<void> copy_out(const KernelCall& call) {
  return copy_kernel({call.share, call.reads, {call.write(0)}, call.flops});
}

// The loss that is checked is the sum over the tokens of all ranks: Megatron's factor for it is 1
// (calculate_per_token_loss), and the gradients are copied onto themselves.
sim::Result<void> scale_gradients(const KernelCall& call) { return copy_kernel(call); }

constexpr std::array kWeightKernels = {
    NamedKernel{"start", nothing},
    NamedKernel{"layer input is on the host", nothing},
    NamedKernel{"scale gradients", scale_gradients},
    NamedKernel{"cast parameters", cast_parameters},
    NamedKernel{"copy out parameters", copy_out},
    NamedKernel{"cast gradients", copy_kernel},
    // Of one micro-batch: its gradients are the sum.
    NamedKernel{"add gradients", copy_kernel},
    NamedKernel{"copy gradients", copy_kernel},
};

}  // namespace

std::span<const NamedKernel> weight_kernels() { return kWeightKernels; }

}  // namespace seqspan::real
