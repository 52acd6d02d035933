#include "sim/network/communicator_memory.hpp"

#include <algorithm>

#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kSharedSteps = 16;  // NCCL_SHARED_STEPS
constexpr Bytes kMessageChunk(128 * kKibi);

// Channels for which a rank keeps a set of buffers.
std::int64_t ring_buffers(const DeviceProfile& device, const PlacedGroup& group) {
  const std::int64_t channels = device.nccl_ring_channels;
  if (group.domains <= 1) return channels;
  return channels + (channels + group.domain_members - 1) / group.domain_members;
}

// Peers of the rank that has the most of them on NVLink.
std::int64_t nvlink_peers(const PlacedGroup& group, MessagePeers peers) {
  const std::int64_t in_domain = group.domain_members - 1;
  switch (peers) {
    case MessagePeers::kNone:
      return 0;
    case MessagePeers::kNeighbour:
      return group.ring_shift.nvlink > 0 ? std::min<std::int64_t>(1, in_domain) : 0;
    case MessagePeers::kNeighbours:
      return group.ring_shift.nvlink > 0 ? std::min<std::int64_t>(2, in_domain) : 0;
    case MessagePeers::kAll:
      return in_domain;
  }
  return 0;
}

}  // namespace

template <class Numbers>
NumberOf<Numbers, Bytes> communicator_memory(const Numbers& in, const Cluster& cluster,
                                             const PlacedGroup& group, CommunicatorUse use) {
  auto bytes = in.constant(Bytes(0));
  if (group.shape.size <= 1) return bytes;
  const DeviceProfile& device = cluster.device;
  const auto set =
      in.sourced("nccl.connection_bytes", device.nccl_connection_bytes, device.sources);
  const auto channels = in.sourced("nccl.p2p_channels", device.nccl_p2p_channels, device.sources);
  if (use.ring_collectives) {
    bytes = bytes + set * in.given("ring_buffers", ring_buffers(device, group),
                                   "nccl.ring_channels of the device, and over nodes those that "
                                   "leave by a member: NVIDIA/nccl src/transport/net.cc");
  }
  if (use.peers == MessagePeers::kNone) return bytes;
  const std::int64_t peers = nvlink_peers(group, use.peers);
  if (peers > 0) {
    bytes = bytes + set * (in.given("nvlink_peers", peers, "the placement") * channels);
  }
  if (group.domains > 1) {
    const auto chunk = in.given("chunk", kMessageChunk, "NVIDIA/nccl src/transport/net.cc");
    const auto steps = in.given("shared_steps", kSharedSteps, "NVIDIA/nccl NCCL_SHARED_STEPS");
    bytes = bytes + chunk * (std::int64_t{2} * channels * steps);
  }
  return bytes;
}

template Bytes communicator_memory(const Plain&, const Cluster&, const PlacedGroup&,
                                   CommunicatorUse);
template Traced<Bytes> communicator_memory(const Tracing&, const Cluster&, const PlacedGroup&,
                                           CommunicatorUse);

Bytes communicator_memory(const Cluster& cluster, const PlacedGroup& group, CommunicatorUse use) {
  return communicator_memory(Plain{}, cluster, group, use);
}

}  // namespace seqspan::sim
