// What one rank uses of its GPU: memory, streams and events, and what goes onto streams besides
// exchanges.
//
// Streams and events are numbered from 0 as they are added. All calls return at once; what "not
// ready" leaves behind as CUDA's last error is taken. Errors: those of CUDA (nccl_errors.hpp).
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <vector>

#include "real/transport/memory.hpp"
#include "sim/errors/error.hpp"
#include "sim/units/units.hpp"

namespace seqspan::real {

// Whether the device has come to where the event was recorded.
[[nodiscard]] sim::Result<bool> is_past(cudaEvent_t event);

class CudaDevice {
 public:
  // Of the calling thread, from here on.
  [[nodiscard]] static sim::Result<void> choose(int device);

  [[nodiscard]] sim::Result<std::byte*> allocate(sim::Bytes size);
  // Waits for the device (cudaFree).
  [[nodiscard]] sim::Result<void> free(std::byte* address);

  [[nodiscard]] sim::Result<void> add_stream();
  [[nodiscard]] sim::Result<void> add_event();
  [[nodiscard]] cudaStream_t stream(std::size_t index) const { return streams_[index]; }
  [[nodiscard]] sim::Result<bool> is_idle(std::size_t stream) const;

  [[nodiscard]] sim::Result<void> record(std::size_t event, std::size_t stream);
  // For the latest record; an event that was never recorded is waited for by nobody, and reached.
  [[nodiscard]] sim::Result<void> wait(std::size_t stream, std::size_t event) const;
  [[nodiscard]] sim::Result<bool> is_reached(std::size_t event) const;

  [[nodiscard]] sim::Result<void> copy_in(std::size_t stream, const Memory& to,
                                          std::span<const std::byte> from) const;
  [[nodiscard]] sim::Result<void> copy_out(std::size_t stream, std::span<std::byte> to,
                                           const Memory& from) const;
  // On a thread of CUDA's, which must not call CUDA.
  [[nodiscard]] sim::Result<void> call(std::size_t stream, std::function<void()> work) const;
  [[nodiscard]] sim::Result<void> delay(std::size_t stream, sim::Seconds time) const;

  // Gives back streams, events, and memory that was not freed; the first error, after all of it.
  [[nodiscard]] sim::Result<void> close();

 private:
  struct Event {
    cudaEvent_t event = nullptr;
    bool is_recorded = false;
  };

  std::vector<cudaStream_t> streams_;
  std::vector<Event> events_;
  std::set<std::byte*> memory_;
};

}  // namespace seqspan::real
