// The GEMM timer over given calls of cuBLASLt: the library's, or a test's.
#pragma once

#include <memory>

#include "real/measure/cublas_lt.hpp"
#include "real/measure/gemm_timer.hpp"

namespace seqspan::real {

[[nodiscard]] sim::Result<std::unique_ptr<GemmTimer>> make_gemm_timer(const CublasLt& lt);

}  // namespace seqspan::real
