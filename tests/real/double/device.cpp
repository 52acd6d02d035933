#include "tests/real/double/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace seqspan::real::twin {

Device& device() {
  static Device the_device;
  return the_device;
}

void join(Clock& to, const Clock& from) {
  for (const auto& [stream, tick] : from) to[stream] = std::max(to[stream], tick);
}

void Device::give(cudaStream_t stream, const std::vector<Access>& accesses,
                  std::function<bool()> step) {
  join(stream->clock, host_);
  const std::uint64_t tick = ++stream->clock[stream->number];
  for (const Access& access : accesses) {
    if (access.size == 0 || !is_live(access, "work on a stream")) continue;
    Allocation& allocation = *find(access);
    for (const PastAccess& past : allocation.past) {
      const bool overlaps = past.access.address < access.address + access.size &&
                            access.address < past.access.address + past.access.size;
      const bool conflicts = past.access.is_write || access.is_write;
      if (overlaps && conflicts && stream->clock[past.stream] < past.tick) {
        complain(fmt::format("hazard: stream {} {} what stream {} {}, and nothing orders them",
                             stream->number, access.is_write ? "writes" : "reads", past.stream,
                             past.access.is_write ? "writes" : "reads"));
      }
    }
    // What lies wholly under this write is no longer needed: who is ordered after it is after both.
    std::erase_if(allocation.past, [&](const PastAccess& past) {
      return access.is_write && past.tick != tick && past.access.address >= access.address &&
             past.access.address + past.access.size <= access.address + access.size;
    });
    allocation.past.push_back({access, stream->number, tick});
  }
  stream->work.push_back(std::move(step));
  progress();
}

void Device::progress() {
  if (is_running_) return;
  is_running_ = true;
  for (bool has_moved = true; has_moved;) {
    has_moved = false;
    for (cudaStream_t stream : streams_) {
      while (!stream->work.empty() && stream->work.front()()) {
        stream->work.pop_front();
        has_moved = true;
      }
    }
  }
  is_running_ = false;
}

cudaStream_t Device::make_stream() {
  auto* stream = new CUstream_st;
  stream->number = next_stream_++;
  streams_.insert(stream);
  return stream;
}

void Device::destroy(cudaStream_t stream) {
  if (!stream->work.empty()) complain("a stream is destroyed while it has work");
  streams_.erase(stream);
  delete stream;
}

cudaEvent_t Device::make_event() {
  auto* event = new CUevent_st;
  events_.insert(event);
  return event;
}

void Device::destroy(cudaEvent_t event) {
  events_.erase(event);
  delete event;
}

void* Device::allocate(std::size_t size) {
  auto memory = std::make_unique<std::byte[]>(size);
  // A pattern that is no sensible number in any type: reading before writing shows.
  std::memset(memory.get(), 0xa5, size);
  std::byte* address = memory.get();
  live_[address] = {.size = size, .past = {}};
  memory_[address] = std::move(memory);
  return address;
}

void Device::free(void* address) {
  const auto found = live_.find(static_cast<std::byte*>(address));
  if (found == live_.end()) {
    complain("cudaFree of what is not allocated");
    return;
  }
  for (const PastAccess& past : found->second.past) {
    if (host_[past.stream] < past.tick) {
      complain(fmt::format("memory is freed while stream {} may use it", past.stream));
      break;
    }
  }
  std::memset(address, 0xdd, found->second.size);
  live_.erase(found);
}

Allocation* Device::find(const Access& access) {
  auto after = live_.upper_bound(access.address);
  if (after == live_.begin()) return nullptr;
  auto& [address, allocation] = *--after;
  return access.address + access.size <= address + allocation.size ? &allocation : nullptr;
}

bool Device::is_live(const Access& access, const std::string& who) {
  if (access.size == 0 || find(access) != nullptr) return true;
  complain(fmt::format("{}: {} bytes in no live allocation", who, access.size));
  return false;
}

int Device::calls(const std::string& call) const {
  const auto found = calls_.find(call);
  return found == calls_.end() ? 0 : found->second;
}

std::string Device::report() {
  std::string text;
  for (const std::string& complaint : complaints_) text += complaint + "\n";
  complaints_.clear();
  const auto leak = [&](std::size_t count, const char* what) {
    if (count > 0) text += fmt::format("leak: {} {}\n", count, what);
  };
  leak(streams_.size(), "streams");
  leak(events_.size(), "events");
  leak(live_.size(), "allocations");
  return text;
}

}  // namespace seqspan::real::twin
