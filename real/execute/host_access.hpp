// What a transport's memory holds, read and written by the host: by address where it is the host's
// own, else by copies on a stream of its own, which are awaited.
//
// Nothing that was given to the transport may be using the memory. Errors: kEnvironment as the
// transport and the watchdog have them.
#pragma once

#include <cstddef>
#include <span>

#include "real/transport/transport.hpp"

namespace seqspan::real {

class HostAccess {
 public:
  // The transport must outlive it.
  HostAccess(Transport& transport, sim::Seconds limit) : transport_(transport), limit_(limit) {}

  // Makes the stream. Once, before all else.
  [[nodiscard]] sim::Result<void> open();

  [[nodiscard]] bool is_direct() const { return transport_.is_host_memory(); }
  // From the memory's begin on, as many bytes as the span has.
  [[nodiscard]] sim::Result<void> read(const Memory& from, std::span<std::byte> to) const;
  [[nodiscard]] sim::Result<void> write(std::span<const std::byte> from, const Memory& to) const;

 private:
  Transport& transport_;
  sim::Seconds limit_;
  StreamId stream_{};
};

}  // namespace seqspan::real
