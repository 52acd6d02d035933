#include "sim/network/nccl/point_to_point.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "sim/formula/traced.hpp"

namespace seqspan::sim::nccl {
namespace {

constexpr std::int64_t kLlThreshold = 16 * kKibi;  // NCCL_P2P_LL_THRESHOLD
constexpr std::int64_t kLlStep = 64 * kKibi;
constexpr std::int64_t kNvlinkStep = 512 * kKibi;
constexpr std::int64_t kNetworkStep = 128 * kKibi;
constexpr double kNetworkChannelBandwidth = 14e9;
constexpr Seconds kBatchLatency(0.5e-6);
constexpr std::int64_t kMessagesPerBatch = 8;

constexpr const char* kSchedulerSource = "NVIDIA/nccl v2.28.3 src/enqueue.cc, its rules";
constexpr const char* kBatchSource =
    "assumption: one dependent read of device memory (sim/network/nccl/point_to_point.hpp)";

std::int64_t most_channels(const Cluster& cluster, const PlacedGroup& group) {
  const std::int64_t all = std::max<std::int64_t>(1, cluster.device.nccl_p2p_channels);
  if (group.domains <= 1) return all;
  const std::int64_t nics =
      cluster.gpus_per_node > 0 ? cluster.nics_per_node / cluster.gpus_per_node : 1;
  const auto by_bandwidth = static_cast<std::int64_t>(
      std::ceil(cluster.nic.bandwidth.value() / kNetworkChannelBandwidth));
  const auto wanted = static_cast<std::uint64_t>(std::max<std::int64_t>({1, nics, by_bandwidth}));
  return std::min(all, static_cast<std::int64_t>(std::bit_ceil(wanted)));
}

template <class Numbers>
NumberOf<Numbers, BytesPerSecond> channel_rate(const Numbers& in, const char* owner,
                                               const LinkProfile& link, Protocol protocol) {
  return protocol == Protocol::kLl
             ? in.sourced(owner, "ll_channel_bandwidth", link.ll_channel_bandwidth, link.sources)
             : in.sourced(owner, "channel_bandwidth", link.channel_bandwidth, link.sources);
}

template <class Numbers>
NumberOf<Numbers, Seconds> latency_of(const Numbers& in, const char* owner, const LinkProfile& link,
                                      Protocol protocol) {
  auto small = in.sourced(owner, "message_latency", link.message_latency, link.sources);
  if (protocol == Protocol::kLl || link.simple_message_latency == Seconds(0)) return small;
  return largest(small, in.sourced(owner, "simple_message_latency", link.simple_message_latency,
                                   link.sources));
}

// How explanations call what is of one kind of link.
struct LinkSymbols {
  const char* owner;  // in the profile
  const char* messages;
  const char* channels;
};
constexpr LinkSymbols kOverNvlink{"nvlink", "messages_over_nvlink", "channels_over_nvlink"};
constexpr LinkSymbols kOverNetwork{"nic", "messages_over_nic", "channels_over_nic"};

// `count` messages at once; the channels of a communicator are shared by all of them.
template <class Numbers>
NumberOf<Numbers, Seconds> time_over(const Numbers& in, const Cluster& cluster,
                                     const LinkSymbols& symbols, const LinkProfile& link,
                                     const MessagePlan& plan, std::int64_t count, Bytes each) {
  const auto rate = channel_rate(in, symbols.owner, link, plan.protocol);
  if (count == 0 || bare(rate).value() <= 0) return in.constant(Seconds(0));
  const std::int64_t channels = std::min(cluster.device.nccl_p2p_channels, count * plan.channels);
  const auto bytes =
      in.given("message", each, kFromOp) * in.given(symbols.messages, count, kFromOp);
  const auto shared =
      in.given(symbols.channels, std::max<std::int64_t>(1, channels), kSchedulerSource);
  return bytes / (rate * real(shared));
}

}  // namespace

MessagePlan plan_message(const Cluster& cluster, const PlacedGroup& group, Bytes message) {
  const std::int64_t most = most_channels(cluster, group);
  const bool one_domain = group.domains <= 1;
  const LinkProfile& link = one_domain ? cluster.device.nvlink : cluster.nic;

  MessagePlan plan;
  const bool ll = link.ll_channel_bandwidth.value() > 0 && message.value() <= most * kLlThreshold;
  plan.protocol = ll ? Protocol::kLl : Protocol::kSimple;

  const std::int64_t simple_step = one_domain ? kNvlinkStep : kNetworkStep;
  const std::int64_t step = ll ? kLlStep : simple_step;
  const std::int64_t least_part = one_domain ? step / 8 : step / 2;
  const std::int64_t largest_part = one_domain ? step * 32 : step;
  std::int64_t start = most;
  while (start > 1 && start * group.shape.size > cluster.device.nccl_p2p_channels) start /= 2;
  plan.channels = std::min(start, divide_up(message.value(), least_part));
  while (divide_up(message.value(), plan.channels) > largest_part && plan.channels <= most / 2) {
    plan.channels *= 2;
  }
  return plan;
}

template <class Numbers>
NumberOf<Numbers, Seconds> channel_time(const Numbers& in, const Cluster& cluster,
                                        const MessagePlan& plan, const Messages& messages) {
  return largest(time_over(in, cluster, kOverNvlink, cluster.device.nvlink, plan,
                           messages.over_nvlink, messages.each),
                 time_over(in, cluster, kOverNetwork, cluster.nic, plan, messages.over_network,
                           messages.each));
}

template <class Numbers>
NumberOf<Numbers, Seconds> message_latency(const Numbers& in, const Cluster& cluster,
                                           const MessagePlan& plan, const Messages& messages) {
  auto slowest = in.constant(Seconds(0));
  if (messages.over_nvlink > 0) {
    slowest = latency_of(in, "nvlink", cluster.device.nvlink, plan.protocol);
  }
  if (messages.over_network > 0) {
    slowest = largest(slowest, latency_of(in, "nic", cluster.nic, plan.protocol));
  }
  const std::int64_t batches = divide_up(messages.per_rank, kMessagesPerBatch);
  if (batches <= 1) return slowest;
  return slowest + in.given("batch_latency", kBatchLatency, kBatchSource) *
                       real(in.given("further_batches", batches - 1, kSchedulerSource));
}

template Seconds channel_time(const Plain&, const Cluster&, const MessagePlan&, const Messages&);
template Traced<Seconds> channel_time(const Tracing&, const Cluster&, const MessagePlan&,
                                      const Messages&);
template Seconds message_latency(const Plain&, const Cluster&, const MessagePlan&, const Messages&);
template Traced<Seconds> message_latency(const Tracing&, const Cluster&, const MessagePlan&,
                                         const Messages&);

}  // namespace seqspan::sim::nccl
