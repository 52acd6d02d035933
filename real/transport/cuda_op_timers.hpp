// When the device came to an op and when it was done with it, by a CUDA event before and behind it.
//
// Errors: those of CUDA (nccl_errors.hpp).
#pragma once

#include <cuda_runtime_api.h>

#include <vector>

#include "sim/errors/error.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

struct CudaOpTimer {
  cudaEvent_t before = nullptr;
  cudaEvent_t behind = nullptr;
};

class CudaOpTimers {
 public:
  // Records the first event; the op follows on the stream, and end() after it.
  [[nodiscard]] sim::Result<CudaOpTimer> begin(cudaStream_t stream);
  [[nodiscard]] static sim::Result<void> end(const CudaOpTimer& timer, cudaStream_t stream);

  // Of an op that is done; its events are used again.
  [[nodiscard]] sim::Result<sim::Seconds> read(const CudaOpTimer& timer);

  // Gives back events that are not in use; the first error, after all of them.
  [[nodiscard]] sim::Result<void> close();

 private:
  [[nodiscard]] sim::Result<void> take(cudaEvent_t& event);

  std::vector<cudaEvent_t> free_;
};

}  // namespace seqspan::real
