// An exchange as calls of NCCL on one communicator and stream. What they return is not yet the end
// on a non-blocking communicator: ncclInProgress is polled by the caller.
#pragma once

#include <cuda_runtime_api.h>
#include <nccl.h>

#include "real/transport/nccl_transport.hpp"

namespace seqspan::real {

// Whether ncclAlltoAll is in the headers and in the library that is loaded (2.28.0 or later).
[[nodiscard]] bool has_nccl_all_to_all();

// The call that returned `code`, for messages.
struct NcclCalled {
  ncclResult_t code = ncclSuccess;
  const char* call = "";
};

// `exchange` was checked; nothing is called where no element is moved.
[[nodiscard]] NcclCalled call_nccl(const Exchange& exchange, const Group& group, AllToAllBy by,
                                   ncclComm_t comm, cudaStream_t stream);

}  // namespace seqspan::real
