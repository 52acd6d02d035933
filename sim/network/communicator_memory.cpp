#include "sim/network/communicator_memory.hpp"

#include <algorithm>

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

Bytes communicator_memory(const Cluster& cluster, const PlacedGroup& group, CommunicatorUse use) {
  if (group.shape.size <= 1) return {};
  const DeviceProfile& device = cluster.device;
  Bytes bytes;
  if (use.ring_collectives) bytes += device.nccl_connection_bytes * ring_buffers(device, group);
  if (use.peers == MessagePeers::kNone) return bytes;
  bytes +=
      device.nccl_connection_bytes * (nvlink_peers(group, use.peers) * device.nccl_p2p_channels);
  if (group.domains > 1) bytes += kMessageChunk * (2 * device.nccl_p2p_channels * kSharedSteps);
  return bytes;
}

}  // namespace seqspan::sim
