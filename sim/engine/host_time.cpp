#include "sim/engine/host_time.hpp"

#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

constexpr std::size_t kPcie = 1;  // of LinkUse::parts

constexpr Law kCopy{"copy over the host link", "sim/engine/host_time.hpp: bytes over the rate"};
constexpr Law kPass{"pass of the host", "sim/engine/host_time.hpp: bytes over the host's memory"};

template <class Numbers>
NumberOf<Numbers, BytesPerSecond> rate_of(const Numbers& in, const DeviceProfile& device,
                                          const HostCopy& copy) {
  const HostLink& link = device.host_link;
  if (copy.pinned) return in.sourced("host_link.bandwidth", link.bandwidth, device.sources);
  return copy.to_host ? in.sourced("host_link.to_pageable", link.to_pageable, device.sources)
                      : in.sourced("host_link.from_pageable", link.from_pageable, device.sources);
}

}  // namespace

template <class Numbers>
NumberOf<Numbers, Seconds> host_time(const Numbers& in, const DeviceProfile& device, const Op& op) {
  if (const auto* copy = std::get_if<HostCopy>(&op.work)) {
    return in.given("bytes", copy->bytes, kFromOp) / rate_of(in, device, *copy) +
           in.sourced("kernel_overhead", device.kernel_overhead, device.sources);
  }
  return in.given("bytes", std::get<HostPass>(op.work).bytes, kFromOp) /
         in.sourced("host_link.adam", device.host_link.adam, device.sources);
}

template Seconds host_time(const Plain&, const DeviceProfile&, const Op&);
template Traced<Seconds> host_time(const Tracing&, const DeviceProfile&, const Op&);

Law host_law(const Op& op) { return std::holds_alternative<HostCopy>(op.work) ? kCopy : kPass; }

LinkUse host_link_use(const DeviceProfile& device, const Op& op) {
  LinkUse use;
  const auto* copy = std::get_if<HostCopy>(&op.work);
  if (copy == nullptr || !copy->pinned) return use;
  use.parts[kPcie] = device.host_link.bandwidth.value() / (2 * device.host_link.both_ways.value());
  return use;
}

}  // namespace seqspan::sim
