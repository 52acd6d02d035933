// Device memory that NCCL keeps for one communicator, on the rank that needs the most.
//
// NCCL v2.30 src/init.cc, src/transport/p2p.cc and net.cc: buffers live at the receiver, one set
// (DeviceProfile::nccl_connection_bytes: LL + LL128 + Simple) per channel of a connection.
//   rings           nccl_ring_channels sets for the predecessor. A ring that leaves the domain
//                   over a NIC has a set at the sender too; of C rings, ceil(C/k) leave by each of
//                   k members.
//   NVLink peers    nccl_p2p_channels sets for each peer that ever sent something.
//   NIC peers       share one pool for sending and one for receiving, however many they are:
//                   2 x nccl_p2p_channels x NCCL_SHARED_STEPS (16) x chunk of 128 KiB.
// Example: all-to-all among 8 GPUs of a node with 32 channels: 7 x 32 x 9.1875 MiB = 2058 MiB.
//
// Assumptions: connections are made at first use and never given back; NVLS, trees and host memory
// are left out; a communicator's pools are its own (ncclCommSplit may share them).
#pragma once

#include <cstdint>

#include "sim/network/placed_group.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// Whom a rank sends to and receives from outside ring collectives.
enum class MessagePeers : std::uint8_t {
  kNone,
  kNeighbour,   // ring shift in one direction
  kNeighbours,  // both ways: activations forward, gradients back
  kAll,         // all-to-all
};

struct CommunicatorUse {
  bool ring_collectives = false;
  MessagePeers peers = MessagePeers::kNone;
};

template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Bytes> communicator_memory(const Numbers& in,
                                                           const Cluster& cluster,
                                                           const PlacedGroup& group,
                                                           CommunicatorUse use);
[[nodiscard]] Bytes communicator_memory(const Cluster& cluster, const PlacedGroup& group,
                                        CommunicatorUse use);

}  // namespace seqspan::sim
