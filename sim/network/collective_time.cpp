#include "sim/network/collective_time.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

constexpr Seconds kRingBaseLatency(8.4e-6);
constexpr Seconds kRoundLatency(0.5e-6);
constexpr std::int64_t kMessagesPerRound = 8;

Seconds times(Seconds time, std::int64_t count) { return time * static_cast<double>(count); }

Seconds ring_latency(const Cluster& cluster, const PlacedGroup& group, std::int64_t passes) {
  const std::int64_t inter = group.domains - 1;
  const std::int64_t intra = group.shape.size - 1 - inter;
  return kRingBaseLatency + times(cluster.device.nvlink.ring_step_latency, passes * intra) +
         times(cluster.nic.ring_step_latency, passes * inter);
}

Seconds message_latency(const Cluster& cluster, const LinkLoads& loads, std::int64_t messages) {
  Seconds slowest;
  if (loads.nvlink > 0) slowest = std::max(slowest, cluster.device.nvlink.message_latency);
  if (loads.nic > 0) slowest = std::max(slowest, cluster.nic.message_latency);
  const std::int64_t rounds = (messages + kMessagesPerRound - 1) / kMessagesPerRound;
  return slowest + times(kRoundLatency, rounds - 1);
}

Seconds latency(const Cluster& cluster, const PlacedGroup& group, const LinkLoads& loads,
                const Communication& communication) {
  switch (communication.collective) {
    case Collective::kAllGather:
    case Collective::kReduceScatter:
      return ring_latency(cluster, group, 1);
    case Collective::kAllReduce:
      return ring_latency(cluster, group, 2);
    case Collective::kAllToAll:
      return message_latency(cluster, loads, (group.shape.size - 1) * communication.messages);
    case Collective::kRingShift:
    case Collective::kPointToPoint:
      return message_latency(cluster, loads, communication.messages);
  }
  return {};
}

// Time of `bytes` on a link that carries them in messages of `message` bytes.
Seconds link_time(const LinkProfile& link, double bytes, double message) {
  if (bytes <= 0) return {};
  const double speed = message / (message + static_cast<double>(link.half_speed_bytes));
  return Seconds(bytes / (link.effective_bandwidth().value() * speed));
}

}  // namespace

const char* name_of(Bound bound) {
  switch (bound) {
    case Bound::kNothing:
      return "nothing";
    case Bound::kLatency:
      return "latency";
    case Bound::kNvlink:
      return "NVLink";
    case Bound::kNic:
      return "NIC";
    case Bound::kSpine:
      return "spine";
    case Bound::kPcie:
      return "PCIe";
    case Bound::kCore:
      return "core";
  }
  return "";
}

Seconds CommunicationTime::total() const {
  return latency + std::max({nvlink, nic, spine, pcie, core});
}

Bound CommunicationTime::bound() const {
  const Seconds largest = std::max({latency, nvlink, nic, spine, pcie, core});
  if (largest <= Seconds(0)) return Bound::kNothing;
  if (latency == largest) return Bound::kLatency;
  // What is exactly as busy as the NICs below or above it is not what holds them back.
  if (nvlink == largest) return Bound::kNvlink;
  if (nic == largest) return Bound::kNic;
  if (pcie == largest) return Bound::kPcie;
  return spine == largest ? Bound::kSpine : Bound::kCore;
}

CommunicationTime communication_time(const Cluster& cluster, const PlacedGroup& group,
                                     const Communication& communication) {
  if (group.shape.size <= 1 || communication.bytes <= Bytes(0)) return {};
  Communication posted = communication;
  posted.messages = std::max<std::int64_t>(1, posted.messages);

  const LinkLoads loads = group.loads(posted.collective);
  const auto bytes = static_cast<double>(posted.bytes.value());
  const auto message = static_cast<double>(
      std::max<std::int64_t>(1, message_bytes(posted, group.shape.size).value()));

  CommunicationTime time;
  time.latency = latency(cluster, group, loads, posted) + loads.latency;
  time.nvlink = link_time(cluster.device.nvlink, loads.nvlink * bytes, message);
  time.nic = link_time(cluster.nic, loads.nic * bytes, message);
  time.spine =
      link_time(cluster.nic, loads.spine * bytes, message) * cluster.spine_oversubscription;
  time.core = link_time(cluster.nic, loads.core * bytes, message) *
              (cluster.spine_oversubscription * cluster.core_oversubscription);
  if (loads.pcie > 0) {
    time.pcie = Seconds(loads.pcie * bytes /
                        cluster.pcie.value_or(cluster.nic.effective_bandwidth()).value());
  }
  return time;
}

Seconds collective_time(const Cluster& cluster, const PlacedGroup& group,
                        const Communication& communication) {
  return communication_time(cluster, group, communication).total();
}

}  // namespace seqspan::sim
