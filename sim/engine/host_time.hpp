// How long copies between a GPU and its host take, and what the host computes.
//
//   copy       bytes / rate + kernel overhead; rate: of pinned memory, one direction, or of memory
//              that is not pinned, which the driver copies through a buffer and whose new pages the
//              kernel clears first
//   host pass  bytes / the GPU's share of what the host's memory gives Adam
// Both of DeviceProfile::host_link. A pinned copy to the host and one back, at the same time, each
// run at `both_ways`: a copy uses bandwidth / (2 both_ways) of the PCIe link (link_sharing.hpp),
// which the GPU's traffic to a NIC shares. Copy engines take nothing from compute (measured on
// H100: products, attention and passes beside a copy differ by less than 1 % from those alone).
#pragma once

#include "sim/engine/link_sharing.hpp"
#include "sim/formula/formula.hpp"
#include "sim/formula/numbers.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/device.hpp"

namespace seqspan::sim {

// The op must use the host (uses_host), and the device know its link.
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Seconds> host_time(const Numbers& in, const DeviceProfile& device,
                                                   const Op& op);
[[nodiscard]] Law host_law(const Op& op);
[[nodiscard]] LinkUse host_link_use(const DeviceProfile& device, const Op& op);

}  // namespace seqspan::sim
