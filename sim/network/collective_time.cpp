#include "sim/network/collective_time.hpp"

#include <algorithm>

#include "sim/network/link_times.hpp"
#include "sim/network/nccl/point_to_point.hpp"

namespace seqspan::sim {
namespace {

void set_links(CommunicationTime& time, const LinkTimes& links) {
  time.nvlink = links.nvlink;
  time.nic = links.nic;
  time.spine = links.spine;
  time.pcie = links.pcie;
  time.core = links.core;
}

CommunicationTime collective(const Cluster& cluster, const PlacedGroup& group,
                             const CollectiveChoices& choices, const Communication& work) {
  const auto best = choices.of(work.collective).best(work.bytes);
  CommunicationTime time;
  if (best.candidate == nullptr) return time;
  const nccl::Candidate& candidate = *best.candidate;
  time.algorithm = candidate.algorithm;
  time.protocol = candidate.protocol;
  time.latency = best.latency + candidate.loads.latency;
  set_links(time, link_times(cluster, candidate.loads, best.bytes,
                             static_cast<double>(group.shape.size)));
  time.channels = Seconds(best.bytes * candidate.channel_bytes / candidate.channel_limit.value());
  return time;
}

nccl::Messages messages_of(const PlacedGroup& group, const LinkLoads& loads,
                           const Communication& work, std::int64_t posted) {
  nccl::Messages messages;
  messages.each = std::max(Bytes(1), message_bytes(work, group.shape.size));
  if (work.collective == Collective::kAllToAll) {
    messages.over_nvlink = (group.domain_members - 1) * posted;
    messages.over_network = (group.shape.size - group.domain_members) * posted;
    messages.per_rank = (group.shape.size - 1) * posted;
    messages.each = std::max(Bytes(1), messages.each / posted);
  } else {
    messages.over_nvlink = loads.nvlink > 0 ? posted : 0;
    messages.over_network = loads.nic > 0 ? posted : 0;
    messages.per_rank = posted;
  }
  return messages;
}

CommunicationTime send_and_receive(const Cluster& cluster, const PlacedGroup& group,
                                   const Communication& work) {
  const LinkLoads loads = group.loads(work.collective);
  const nccl::Messages messages = messages_of(group, loads, work, work.messages);
  const nccl::MessagePlan plan = nccl::plan_message(cluster, group, messages.each);
  CommunicationTime time;
  time.algorithm = nccl::Algorithm::kSendReceive;
  time.protocol = plan.protocol;
  time.latency = nccl::message_latency(cluster, plan, messages) + loads.latency;
  const auto bytes = static_cast<double>(work.bytes.value());
  set_links(time,
            link_times(cluster, loads, bytes, bytes / static_cast<double>(messages.each.value())));
  time.channels = nccl::channel_time(cluster, plan, messages);
  return time;
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
    case Bound::kChannels:
      return "NCCL channels";
  }
  return "";
}

Bound CommunicationTime::bound() const {
  const Seconds largest = std::max({latency, nvlink, nic, spine, pcie, core, channels});
  if (largest <= Seconds(0)) return Bound::kNothing;
  if (latency == largest) return Bound::kLatency;
  // What is exactly as busy as the NICs below or above it is not what holds them back.
  if (nvlink == largest) return Bound::kNvlink;
  if (nic == largest) return Bound::kNic;
  if (pcie == largest) return Bound::kPcie;
  if (spine == largest) return Bound::kSpine;
  return core == largest ? Bound::kCore : Bound::kChannels;
}

CommunicationTime CommunicationTime::scaled(double factor) const {
  CommunicationTime result = *this;
  for (Seconds* part : {&result.latency, &result.nvlink, &result.nic, &result.spine, &result.pcie,
                        &result.core, &result.channels}) {
    *part *= factor;
  }
  return result;
}

CommunicationTime communication_time(const Cluster& cluster, const PlacedGroup& group,
                                     const CollectiveChoices& choices,
                                     const Communication& communication) {
  if (group.shape.size <= 1 || communication.bytes <= Bytes(0)) return {};
  switch (communication.collective) {
    case Collective::kAllGather:
    case Collective::kReduceScatter:
    case Collective::kAllReduce:
      return collective(cluster, group, choices, communication);
    case Collective::kAllToAll:
    case Collective::kRingShift:
    case Collective::kPointToPoint:
      break;
  }
  Communication posted = communication;
  posted.messages = std::max<std::int64_t>(1, posted.messages);
  return send_and_receive(cluster, group, posted);
}

CommunicationTime communication_time(const Cluster& cluster, const PlacedGroup& group,
                                     const Communication& communication) {
  return communication_time(cluster, group, CollectiveChoices(cluster, group), communication);
}

Seconds collective_time(const Cluster& cluster, const PlacedGroup& group,
                        const Communication& communication) {
  return communication_time(cluster, group, communication).total();
}

}  // namespace seqspan::sim
