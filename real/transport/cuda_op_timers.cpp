#include "real/transport/cuda_op_timers.hpp"

#include "real/transport/nccl_errors.hpp"

namespace seqspan::real {

sim::Result<CudaOpTimer> CudaOpTimers::begin(cudaStream_t stream) {
  CudaOpTimer timer;
  if (auto taken = take(timer.before); !taken) return tl::unexpected(taken.error());
  if (auto taken = take(timer.behind); !taken) return tl::unexpected(taken.error());
  if (auto recorded = check_cuda(cudaEventRecord(timer.before, stream), "cudaEventRecord");
      !recorded) {
    return tl::unexpected(recorded.error());
  }
  return timer;
}

sim::Result<void> CudaOpTimers::end(const CudaOpTimer& timer, cudaStream_t stream) {
  return check_cuda(cudaEventRecord(timer.behind, stream), "cudaEventRecord");
}

sim::Result<sim::Seconds> CudaOpTimers::read(const CudaOpTimer& timer) {
  float milliseconds = 0;
  if (auto measured = check_cuda(cudaEventElapsedTime(&milliseconds, timer.before, timer.behind),
                                 "cudaEventElapsedTime");
      !measured) {
    return tl::unexpected(measured.error());
  }
  free_.push_back(timer.before);
  free_.push_back(timer.behind);
  return sim::Seconds(static_cast<double>(milliseconds) * 1e-3);
}

sim::Result<void> CudaOpTimers::close() {
  sim::Result<void> result;
  for (cudaEvent_t event : free_) {
    keep_first(result, check_cuda(cudaEventDestroy(event), "cudaEventDestroy"));
  }
  return result;
}

sim::Result<void> CudaOpTimers::take(cudaEvent_t& event) {
  if (!free_.empty()) {
    event = free_.back();
    free_.pop_back();
    return {};
  }
  return check_cuda(cudaEventCreateWithFlags(&event, cudaEventDefault), "cudaEventCreateWithFlags");
}

}  // namespace seqspan::real
