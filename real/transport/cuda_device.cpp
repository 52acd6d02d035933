#include "real/transport/cuda_device.hpp"

#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "real/transport/nccl_errors.hpp"

namespace seqspan::real {
namespace {

// "Not ready" stays behind as CUDA's last error unless it is taken.
bool not_ready() {
  (void)cudaGetLastError();
  return false;
}

// A thread that sleeps wakes up about 60 us late: so it sleeps until shortly before the end.
void wait_exactly(sim::Seconds time) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::microseconds kLatestWake(150);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(time.value()));
  if (end - Clock::now() > kLatestWake) std::this_thread::sleep_until(end - kLatestWake);
  while (Clock::now() < end) {
  }
}

void run_work(void* pointer) {
  const std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()>*>(pointer));
  (*work)();
}

}  // namespace

sim::Result<bool> is_past(cudaEvent_t event) {
  const cudaError_t code = cudaEventQuery(event);
  if (code == cudaErrorNotReady) return not_ready();
  if (auto queried = check_cuda(code, "cudaEventQuery"); !queried) {
    return tl::unexpected(queried.error());
  }
  return true;
}

sim::Result<void> CudaDevice::choose(int device) {
  return check_cuda(cudaSetDevice(device), "cudaSetDevice");
}

sim::Result<std::byte*> CudaDevice::allocate(sim::Bytes size) {
  void* address = nullptr;
  const auto bytes = static_cast<std::size_t>(size.value());
  if (auto made = check_cuda(cudaMalloc(&address, bytes), "cudaMalloc"); !made) {
    return tl::unexpected(made.error());
  }
  auto* memory = static_cast<std::byte*>(address);
  memory_.insert(memory);
  return memory;
}

sim::Result<void> CudaDevice::free(std::byte* address) {
  memory_.erase(address);
  return check_cuda(cudaFree(address), "cudaFree");
}

sim::Result<void> CudaDevice::add_stream() {
  cudaStream_t stream = nullptr;
  if (auto made = check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking),
                             "cudaStreamCreateWithFlags");
      !made) {
    return made;
  }
  streams_.push_back(stream);
  return {};
}

sim::Result<void> CudaDevice::add_event() {
  cudaEvent_t event = nullptr;
  if (auto made = check_cuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming),
                             "cudaEventCreateWithFlags");
      !made) {
    return made;
  }
  events_.push_back({.event = event});
  return {};
}

sim::Result<bool> CudaDevice::is_idle(std::size_t stream) const {
  const cudaError_t code = cudaStreamQuery(streams_[stream]);
  if (code == cudaErrorNotReady) return not_ready();
  if (auto queried = check_cuda(code, "cudaStreamQuery"); !queried) {
    return tl::unexpected(queried.error());
  }
  return true;
}

sim::Result<void> CudaDevice::record(std::size_t event, std::size_t stream) {
  events_[event].is_recorded = true;
  return check_cuda(cudaEventRecord(events_[event].event, streams_[stream]), "cudaEventRecord");
}

sim::Result<void> CudaDevice::wait(std::size_t stream, std::size_t event) const {
  if (!events_[event].is_recorded) return {};
  return check_cuda(cudaStreamWaitEvent(streams_[stream], events_[event].event, 0),
                    "cudaStreamWaitEvent");
}

sim::Result<bool> CudaDevice::is_reached(std::size_t event) const {
  if (!events_[event].is_recorded) return true;
  return is_past(events_[event].event);
}

sim::Result<void> CudaDevice::copy_in(std::size_t stream, const Memory& to,
                                      std::span<const std::byte> from) const {
  if (from.empty()) return {};
  return check_cuda(cudaMemcpyAsync(to.address, from.data(), from.size(), cudaMemcpyHostToDevice,
                                    streams_[stream]),
                    "cudaMemcpyAsync");
}

sim::Result<void> CudaDevice::copy_out(std::size_t stream, std::span<std::byte> to,
                                       const Memory& from) const {
  if (to.empty()) return {};
  return check_cuda(
      cudaMemcpyAsync(to.data(), from.address, to.size(), cudaMemcpyDeviceToHost, streams_[stream]),
      "cudaMemcpyAsync");
}

sim::Result<void> CudaDevice::call(std::size_t stream, std::function<void()> work) const {
  auto owned = std::make_unique<std::function<void()>>(std::move(work));
  const cudaError_t code = cudaLaunchHostFunc(streams_[stream], run_work, owned.get());
  if (code == cudaSuccess) (void)owned.release();  // run_work deletes it
  return check_cuda(code, "cudaLaunchHostFunc");
}

sim::Result<void> CudaDevice::delay(std::size_t stream, sim::Seconds time) const {
  return call(stream, [time] { wait_exactly(time); });
}

sim::Result<void> CudaDevice::close() {
  sim::Result<void> result;
  for (cudaStream_t stream : streams_) {
    keep_first(result, check_cuda(cudaStreamDestroy(stream), "cudaStreamDestroy"));
  }
  for (const Event& event : events_) {
    keep_first(result, check_cuda(cudaEventDestroy(event.event), "cudaEventDestroy"));
  }
  for (std::byte* address : memory_) {
    keep_first(result, check_cuda(cudaFree(address), "cudaFree"));
  }
  return result;
}

}  // namespace seqspan::real
