#include "sim/network/collective_time.hpp"

#include <algorithm>
#include <cmath>

#include "sim/formula/traced.hpp"
#include "sim/network/link_times.hpp"
#include "sim/network/nccl/point_to_point.hpp"

namespace seqspan::sim {
namespace {

template <class Numbers>
void set_links(CommunicationTimeOf<Numbers>& time, const LinkTimesOf<Numbers>& links) {
  time.nvlink = links.nvlink;
  time.nic = links.nic;
  time.spine = links.spine;
  time.pcie = links.pcie;
  time.core = links.core;
}

template <class Numbers>
CommunicationTimeOf<Numbers> collective(const Numbers& in, const Cluster& cluster,
                                        const PlacedGroup& group, const CollectiveChoices& choices,
                                        const Communication& work) {
  const nccl::CollectiveChoice& all = choices.of(work.collective);
  const auto best = all.best(work.bytes);
  CommunicationTimeOf<Numbers> time;
  if (best.candidate == nullptr) return time;
  const auto& candidate = all.candidate(in, cluster, group, best);
  const auto& at_size = all.at_size(in, candidate, best, work.bytes);
  time.algorithm = candidate.algorithm;
  time.protocol = candidate.protocol;
  time.latency = in.named("latency", at_size.latency + candidate.loads.latency);
  set_links(time, link_times(in, cluster, candidate.loads, at_size.bytes,
                             real(in.given("n", group.shape.size, kFromOp))));
  if (std::isfinite(bare(candidate.channel_limit).value())) {
    time.channels = in.named("channels", as<Seconds>(at_size.bytes * candidate.channel_bytes /
                                                     amount(candidate.channel_limit)));
  }
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

template <class Numbers>
CommunicationTimeOf<Numbers> send_and_receive(const Numbers& in, const Cluster& cluster,
                                              const PlacedGroup& group, const Communication& work) {
  const LinkLoads loads = group.loads(work.collective);
  const nccl::Messages messages = messages_of(group, loads, work, work.messages);
  const nccl::MessagePlan plan = nccl::plan_message(cluster, group, messages.each);
  const auto given = given_loads(in, loads);
  CommunicationTimeOf<Numbers> time;
  time.algorithm = nccl::Algorithm::kSendReceive;
  time.protocol = plan.protocol;
  time.latency =
      in.named("latency", nccl::message_latency(in, cluster, plan, messages) + given.latency);
  const auto bytes = real(amount(in.given("bytes", work.bytes, kFromOp)));
  const auto each = real(amount(in.given("message", messages.each, kFromOp)));
  set_links(time, link_times(in, cluster, given, bytes, NumberOf<Numbers, double>(bytes / each)));
  if (!work.direct) {
    time.channels = in.named("channels", nccl::channel_time(in, cluster, plan, messages));
  }
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

Bound bound_of(const CommunicationTime& time) {
  const Seconds largest = std::max(
      {time.latency, time.nvlink, time.nic, time.spine, time.pcie, time.core, time.channels});
  if (largest <= Seconds(0)) return Bound::kNothing;
  if (time.latency == largest) return Bound::kLatency;
  // What is exactly as busy as the NICs below or above it is not what holds them back.
  if (time.nvlink == largest) return Bound::kNvlink;
  if (time.nic == largest) return Bound::kNic;
  if (time.pcie == largest) return Bound::kPcie;
  if (time.spine == largest) return Bound::kSpine;
  return time.core == largest ? Bound::kCore : Bound::kChannels;
}

template <class Numbers>
CommunicationTimeOf<Numbers> communication_time(const Numbers& in, const Cluster& cluster,
                                                const PlacedGroup& group,
                                                const CollectiveChoices& choices,
                                                const Communication& communication) {
  if (group.shape.size <= 1 || communication.bytes <= Bytes(0)) return {};
  switch (communication.collective) {
    case Collective::kAllGather:
    case Collective::kReduceScatter:
    case Collective::kAllReduce:
      return collective(in, cluster, group, choices, communication);
    case Collective::kAllToAll:
    case Collective::kRingShift:
    case Collective::kPointToPoint:
      break;
  }
  Communication posted = communication;
  posted.messages = std::max<std::int64_t>(1, posted.messages);
  return send_and_receive(in, cluster, group, posted);
}

template CommunicationTimeOf<Plain> communication_time(const Plain&, const Cluster&,
                                                       const PlacedGroup&, const CollectiveChoices&,
                                                       const Communication&);
template CommunicationTimeOf<Tracing> communication_time(const Tracing&, const Cluster&,
                                                         const PlacedGroup&,
                                                         const CollectiveChoices&,
                                                         const Communication&);

CommunicationTime communication_time(const Cluster& cluster, const PlacedGroup& group,
                                     const CollectiveChoices& choices,
                                     const Communication& communication) {
  return communication_time(Plain{}, cluster, group, choices, communication);
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
