// The CUDA runtime calls of the double, with the parameter names of the header.
// NOLINTBEGIN(readability-identifier-naming)
#include <cuda_runtime_api.h>
#include <mpi.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "tests/real/double/device.hpp"

using seqspan::real::twin::Access;
using seqspan::real::twin::Device;
using seqspan::real::twin::device;
using seqspan::real::twin::join;
using seqspan::real::twin::Recorded;

namespace {

// The runtime has a parameter of the name of ours.
Device& the_device() { return device(); }

cudaError_t unknown(const char* what) {
  device().complain(std::string("unknown ") + what);
  return cudaErrorInvalidResourceHandle;
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = device().gpu_count;
  return device().gpu_count > 0 ? cudaSuccess : cudaErrorNoDevice;
}

cudaError_t cudaSetDevice(int device) {
  return device >= 0 && device < the_device().gpu_count ? cudaSuccess : cudaErrorInvalidDevice;
}

cudaError_t cudaGetLastError() { return cudaSuccess; }

const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorNoDevice ? "no CUDA-capable device is detected" : "error of the double";
}

cudaError_t cudaMalloc(void** devPtr, size_t size) {
  if (size > (size_t{1} << 40U)) return cudaErrorMemoryAllocation;
  *devPtr = device().allocate(size);
  return cudaSuccess;
}

cudaError_t cudaFree(void* devPtr) {
  device().progress();
  device().free(devPtr);
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int /*flags*/) {
  *stream = device().make_stream();
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (!device().knows(stream)) return unknown("stream");
  device().destroy(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  if (!device().knows(stream)) return unknown("stream");
  device().progress();
  if (!stream->work.empty()) return cudaErrorNotReady;
  device().host_saw(stream->clock);
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int /*flags*/) {
  *event = device().make_event();
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (!device().knows(event)) return unknown("event");
  device().destroy(event);
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (!device().knows(event) || !device().knows(stream)) return unknown("event or stream");
  auto recorded = std::make_shared<Recorded>();
  recorded->clock = stream->clock;
  event->latest = recorded;
  device().give(stream, {}, [recorded] {
    recorded->is_reached = true;
    recorded->time = MPI_Wtime();
    return true;
  });
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int /*flags*/) {
  if (!device().knows(event) || !device().knows(stream)) return unknown("event or stream");
  if (!event->latest) return cudaSuccess;
  join(stream->clock, event->latest->clock);
  device().give(stream, {}, [recorded = event->latest] { return recorded->is_reached; });
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  if (!device().knows(event)) return unknown("event");
  device().progress();
  if (!event->latest) return cudaSuccess;
  if (!event->latest->is_reached) return cudaErrorNotReady;
  device().host_saw(event->latest->clock);
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  if (!device().knows(start) || !device().knows(end)) return unknown("event");
  if (!start->latest || !end->latest) return cudaErrorInvalidResourceHandle;
  if (!start->latest->is_reached || !end->latest->is_reached) return cudaErrorNotReady;
  *ms = static_cast<float>((end->latest->time - start->latest->time) * 1e3);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t count, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (!device().knows(stream)) return unknown("stream");
  const bool is_in = kind == cudaMemcpyHostToDevice;
  if (!is_in && kind != cudaMemcpyDeviceToHost) return cudaErrorInvalidMemcpyDirection;
  const Access access{static_cast<const std::byte*>(is_in ? dst : src), count, is_in};
  device().give(stream, {access}, [=] {
    if (device().is_live(access, "cudaMemcpyAsync")) std::memcpy(dst, src, count);
    return true;
  });
  return cudaSuccess;
}

// In a thread of its own, as CUDA does it: the host goes on meanwhile.
cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void* userData) {
  if (!device().knows(stream)) return unknown("stream");
  struct Running {
    std::thread thread;
    std::atomic<bool> is_done{false};
  };
  auto running = std::make_shared<Running>();
  device().give(stream, {}, [=] {
    if (!running->thread.joinable()) {
      running->thread = std::thread([running = running.get(), fn, userData] {
        fn(userData);
        running->is_done = true;
      });
    }
    if (!running->is_done) return false;
    running->thread.join();
    return true;
  });
  return cudaSuccess;
}

}  // extern "C"

// NOLINTEND(readability-identifier-naming)
