#include "sim/network/link_times.hpp"

namespace seqspan::sim {
namespace {

Seconds time_over(const LinkProfile& link, double load, double bytes, double messages) {
  if (load <= 0) return {};
  const double slowed = bytes + static_cast<double>(link.half_speed_bytes) * messages;
  return Seconds(load * slowed / link.effective_bandwidth().value());
}

}  // namespace

LinkTimes link_times(const Cluster& cluster, const LinkLoads& loads, double bytes,
                     double messages) {
  LinkTimes times;
  times.nvlink = time_over(cluster.device.nvlink, loads.nvlink, bytes, messages);
  times.nic = time_over(cluster.nic, loads.nic, bytes, messages);
  times.spine =
      time_over(cluster.nic, loads.spine, bytes, messages) * cluster.spine_oversubscription;
  times.core = time_over(cluster.nic, loads.core, bytes, messages) *
               (cluster.spine_oversubscription * cluster.core_oversubscription);
  if (loads.pcie > 0) {
    const BytesPerSecond pcie = cluster.pcie.value_or(cluster.nic.effective_bandwidth());
    times.pcie = Seconds(loads.pcie * bytes / pcie.value());
  }
  return times;
}

}  // namespace seqspan::sim
