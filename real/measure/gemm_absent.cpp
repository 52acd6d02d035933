// What is left of the GEMM timer in a build without CUDA or cuBLASLt.
#include "real/measure/gemm_timer.hpp"

namespace seqspan::real {

sim::Result<std::unique_ptr<GemmTimer>> make_gemm_timer() {
  return sim::environment_error("no cuBLASLt: seqspan was built without it", "", "",
                                "install the CUDA toolkit, or set CUDA_HOME, and build again");
}

}  // namespace seqspan::real
