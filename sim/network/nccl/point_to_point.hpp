// How NCCL sends messages between two ranks, and so all-to-all: over how many channels, with which
// protocol. NCCL has no time model of these; the rules are those of its scheduler, the rates of a
// channel are the profile's.
//
// Rules (NVIDIA/nccl v2.28.3 src/enqueue.cc, addP2pToPlan and scheduleP2pTasksToPlan; v2.30
// src/graph/paths.cc for the channels to a peer behind a network), n ranks in d NVLink domains,
// messages of m bytes:
//   channels of the communicator   C = nccl_p2p_channels
//   most per message               d = 1: C; else the larger of NICs per GPU and
//                                  ceil(NIC bandwidth / 14 GB/s), as a power of two, at most C
//   protocol                       LL where m <= most x 16 KiB, else Simple
//   channels per message           the most, halved while x n > C; at most m / least part;
//                                  doubled while a part is above the largest
//   least and largest part         d = 1: step / 8 and 32 steps; else step / 2 and one step
//   step                           LL 64 KiB; Simple 512 KiB for d = 1, else 128 KiB
// So a ring of 8 ranks in one node sends at the rate of 4 channels until a message is above 64 MiB.
//
// A profile that gives no rate of a channel (0) sets no limit; without a rate for LL all messages
// take Simple.
#pragma once

#include <cstdint>

#include "sim/formula/numbers.hpp"
#include "sim/network/nccl/algorithm.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim::nccl {

struct MessagePlan {
  Protocol protocol = Protocol::kSimple;
  std::int64_t channels = 1;  // of one message
};

// `message` > 0 bytes between two ranks of `group`.
[[nodiscard]] MessagePlan plan_message(const Cluster& cluster, const PlacedGroup& group,
                                       Bytes message);

// Messages that are sent at once: by the rank that sends most over NVLink, by the one that sends
// most over the network, and by any one rank.
struct Messages {
  std::int64_t over_nvlink = 0;
  std::int64_t over_network = 0;
  std::int64_t per_rank = 0;
  Bytes each;
};

// Time that the channels need, which run at the same time.
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Seconds> channel_time(const Numbers& in, const Cluster& cluster,
                                                      const MessagePlan& plan,
                                                      const Messages& messages);
// Latency of the first byte: the slowest kind of link in use, and 0.5 us for each further batch of
// 8 messages.
// Assumption: NCCL packs 8 sends and receives into one batch of device work
// (NCCL_MAX_DEV_WORK_P2P_PER_BATCH) and works on a batch at once, so the first batch's issue is in
// the measured latency of a message, and each further batch costs a thread block one dependent read
// of its work from device memory, about 0.5 us.
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Seconds> message_latency(const Numbers& in, const Cluster& cluster,
                                                         const MessagePlan& plan,
                                                         const Messages& messages);

}  // namespace seqspan::sim::nccl
