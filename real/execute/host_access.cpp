#include "real/execute/host_access.hpp"

#include <cstring>

#include "real/transport/watchdog.hpp"

namespace seqspan::real {
namespace {

template <class Byte>
Memory begin_of(const Memory& memory, std::span<Byte> bytes) {
  return memory.part(sim::Bytes(0), sim::Bytes(static_cast<std::int64_t>(bytes.size())));
}

}  // namespace

sim::Result<void> HostAccess::open() {
  const auto stream = transport_.make_stream();
  if (!stream) return tl::unexpected(stream.error());
  stream_ = *stream;
  return {};
}

sim::Result<void> HostAccess::read(const Memory& from, std::span<std::byte> to) const {
  if (to.empty()) return {};
  if (is_direct()) {
    std::memcpy(to.data(), from.address, to.size());
    return {};
  }
  if (auto given = transport_.copy_out(stream_, to, begin_of(from, to)); !given) return given;
  return finish(transport_, stream_, limit_);
}

sim::Result<void> HostAccess::write(std::span<const std::byte> from, const Memory& to) const {
  if (from.empty()) return {};
  if (is_direct()) {
    std::memcpy(to.address, from.data(), from.size());
    return {};
  }
  if (auto given = transport_.copy_in(stream_, begin_of(to, from), from); !given) return given;
  return finish(transport_, stream_, limit_);
}

}  // namespace seqspan::real
