#include "sim/network/nccl/point_to_point.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace seqspan::sim::nccl {
namespace {

constexpr std::int64_t kLlThreshold = 16 * kKibi;  // NCCL_P2P_LL_THRESHOLD
constexpr std::int64_t kLlStep = 64 * kKibi;
constexpr std::int64_t kNvlinkStep = 512 * kKibi;
constexpr std::int64_t kNetworkStep = 128 * kKibi;
constexpr double kNetworkChannelBandwidth = 14e9;
constexpr Seconds kBatchLatency(0.5e-6);
constexpr std::int64_t kMessagesPerBatch = 8;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

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

BytesPerSecond channel_rate(const LinkProfile& link, Protocol protocol) {
  return protocol == Protocol::kLl ? link.ll_channel_bandwidth : link.channel_bandwidth;
}

Seconds latency_of(const LinkProfile& link, Protocol protocol) {
  return protocol == Protocol::kLl ? link.message_latency
                                   : std::max(link.message_latency, link.simple_message_latency);
}

// `count` messages at once; the channels of a communicator are shared by all of them.
Seconds time_over(const Cluster& cluster, const LinkProfile& link, const MessagePlan& plan,
                  std::int64_t count, Bytes each) {
  const BytesPerSecond rate = channel_rate(link, plan.protocol);
  if (count == 0 || rate.value() <= 0) return {};
  const std::int64_t channels = std::min(cluster.device.nccl_p2p_channels, count * plan.channels);
  return each * count / (rate * static_cast<double>(std::max<std::int64_t>(1, channels)));
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
  plan.channels = std::min(start, ceil_div(message.value(), least_part));
  while (ceil_div(message.value(), plan.channels) > largest_part && plan.channels <= most / 2) {
    plan.channels *= 2;
  }
  return plan;
}

Seconds channel_time(const Cluster& cluster, const MessagePlan& plan, const Messages& messages) {
  return std::max(
      time_over(cluster, cluster.device.nvlink, plan, messages.over_nvlink, messages.each),
      time_over(cluster, cluster.nic, plan, messages.over_network, messages.each));
}

Seconds message_latency(const Cluster& cluster, const MessagePlan& plan, const Messages& messages) {
  Seconds slowest;
  if (messages.over_nvlink > 0) slowest = latency_of(cluster.device.nvlink, plan.protocol);
  if (messages.over_network > 0) {
    slowest = std::max(slowest, latency_of(cluster.nic, plan.protocol));
  }
  const std::int64_t batches = ceil_div(messages.per_rank, kMessagesPerBatch);
  return slowest + kBatchLatency * static_cast<double>(std::max<std::int64_t>(0, batches - 1));
}

}  // namespace seqspan::sim::nccl
