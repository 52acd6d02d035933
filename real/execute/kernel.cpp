#include "real/execute/kernel.hpp"

#include <algorithm>
#include <array>

#include "real/execute/kernels/kernels.hpp"

namespace seqspan::real {

Kernel find_kernel(std::string_view op) {
  for (const std::span<const NamedKernel> kernels :
       {attention_kernels(), ring_kernels(), rearrange_kernels(), projection_kernels(),
        head_kernels(), pointwise_kernels(), weight_kernels()}) {
    const auto found = std::find_if(kernels.begin(), kernels.end(),
                                    [op](const NamedKernel& kernel) { return kernel.op == op; });
    if (found != kernels.end()) return found->run;
  }
  return nullptr;
}

}  // namespace seqspan::real
