#include "real/transport/nccl_errors.hpp"

#include <fmt/format.h>

#include <utility>

namespace seqspan::real {

sim::Result<void> check_cuda(cudaError_t code, const char* call) {
  if (code == cudaSuccess) return {};
  (void)cudaGetLastError();  // else the next call reports this one again
  if (code == cudaErrorMemoryAllocation) {
    return sim::environment_error(fmt::format("out of GPU memory: {}", call), "",
                                  cudaGetErrorString(code),
                                  "use a smaller shape, or see what else runs on this GPU");
  }
  return sim::environment_error(fmt::format("{} failed: {}", call, cudaGetErrorString(code)));
}

sim::Result<void> check_nccl(ncclResult_t code, const char* call, ncclComm_t comm,
                             const std::string& where) {
  if (code == ncclSuccess || code == ncclInProgress) return {};
  const char* details = ncclGetLastError(comm);
  return sim::environment_error(fmt::format("{} failed: {}", call, ncclGetErrorString(code)), where,
                                details == nullptr ? "" : details,
                                "run again with NCCL_DEBUG=WARN to see what NCCL says");
}

void keep_first(sim::Result<void>& kept, sim::Result<void> next) {
  if (kept && !next) kept = std::move(next);
}

}  // namespace seqspan::real
