// Return codes of CUDA and NCCL as errors: kEnvironment, with the library's own words.
#pragma once

#include <cuda_runtime_api.h>
#include <nccl.h>

#include <string>

#include "sim/errors/error.hpp"

namespace seqspan::real {

[[nodiscard]] sim::Result<void> check_cuda(cudaError_t code, const char* call);

// ncclInProgress is no error. `comm` may be null.
[[nodiscard]] sim::Result<void> check_nccl(ncclResult_t code, const char* call, ncclComm_t comm,
                                           const std::string& where = {});

// Where much is given back one by one: the first error stays.
void keep_first(sim::Result<void>& kept, sim::Result<void> next);

}  // namespace seqspan::real
