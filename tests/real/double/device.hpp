// The device of the double: streams, events, memory, and the order between them.
//
// Order is kept by vector clocks. Every piece of work ticks its stream's own entry; a record copies
// the stream's clock, a wait joins it, and the host joins what it has seen to be done. An access is
// ordered before a later one if the later one's clock has reached its tick.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace seqspan::real::twin {

using Clock = std::map<int, std::uint64_t>;  // by stream number

void join(Clock& to, const Clock& from);

struct Recorded {
  bool is_reached = false;
  double time = 0;
  Clock clock;
};

struct Access {
  const std::byte* address = nullptr;
  std::size_t size = 0;
  bool is_write = false;
};

struct PastAccess {
  Access access;
  int stream = 0;
  std::uint64_t tick = 0;
};

struct Allocation {
  std::size_t size = 0;
  std::vector<PastAccess> past;
};

class Device {
 public:
  // Work on a stream: `step` returns whether it is done, and is called again until it is.
  void give(cudaStream_t stream, const std::vector<Access>& accesses, std::function<bool()> step);
  // Runs what can run.
  void progress();

  cudaStream_t make_stream();
  void destroy(cudaStream_t stream);
  cudaEvent_t make_event();
  void destroy(cudaEvent_t event);
  [[nodiscard]] bool knows(cudaStream_t stream) const { return streams_.count(stream) != 0; }
  [[nodiscard]] bool knows(cudaEvent_t event) const { return events_.count(event) != 0; }
  // The host has seen that work up to this clock is done.
  void host_saw(const Clock& clock) { join(host_, clock); }

  void* allocate(std::size_t size);
  void free(void* address);
  // Complains where the range lies in no live allocation.
  bool is_live(const Access& access, const std::string& who);

  void complain(const std::string& what) { complaints_.push_back(what); }
  void count(const std::string& call) { ++calls_[call]; }
  [[nodiscard]] int calls(const std::string& call) const;
  // Complaints and leaks; forgets the complaints.
  std::string report();

  int gpu_count = 1;

 private:
  Allocation* find(const Access& access);

  std::set<cudaStream_t> streams_;
  std::set<cudaEvent_t> events_;
  std::map<const std::byte*, Allocation> live_;
  std::map<const std::byte*, std::unique_ptr<std::byte[]>> memory_;  // freed too: never reused
  Clock host_;
  int next_stream_ = 1;
  bool is_running_ = false;
  std::vector<std::string> complaints_;
  std::map<std::string, int> calls_;
};

Device& device();

}  // namespace seqspan::real::twin

// The types that the headers of CUDA leave open.
struct CUstream_st {
  int number = 0;
  seqspan::real::twin::Clock clock;
  std::deque<std::function<bool()>> work;
};
struct CUevent_st {
  std::shared_ptr<seqspan::real::twin::Recorded> latest;
};
