// How long a communication of a placed group takes, its siblings running at the same time.
//
//   time = latency + max over NVLink, PCIe, NIC, spine and core of load x bytes / bandwidth
//
// load: PlacedGroup. bandwidth: LinkProfile::effective_bandwidth(); with half_speed_bytes h a
// message of m bytes reaches m / (m + h) of it. The spine has the NICs' bandwidth over its
// oversubscription, the core the spine's over its own; a PCIe link has the cluster's, else a NIC's.
// Links between switches add their latency (LinkLoads::latency).
//
// Latency of ring collectives (NCCL v2.30 src/graph/tuning.cc, ring, Simple protocol):
//   base 8.4 us + (steps - inter) x NVLink's ring_step_latency + inter x the NIC's,
//   n ranks in d NVLink domains: all-gather, reduce-scatter n-1 steps, d-1 of them inter;
//   all-reduce twice as many of both.
// Latency of send and receive (all-to-all, ring shift, point-to-point), which NCCL has no model
// for:
//   message_latency of the slowest kind of link in use, + 0.5 us x (rounds - 1), where a round is 8
//   messages of a rank: peers x messages for an all-to-all, else messages.
//   Assumption: NCCL packs 8 sends and receives into one batch of device work
//   (NCCL_MAX_DEV_WORK_P2P_PER_BATCH) and works on a batch at once, so the first round's issue is
//   in the measured latency of a message, and each further batch costs a thread block one dependent
//   read of its work from device memory, about 0.5 us. What those messages wait for on the wire is
//   hidden under the batches before them.
//
// No group, no peers (n = 1) or no bytes: no time. Never NaN; infinite only where a link in use has
// no bandwidth. Not modelled: NVLS, trees, LL and LL128 (docs/models/network.md).
#pragma once

#include <cstdint>

#include "sim/network/placed_group.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// What bounds a communication: the largest of its parts.
enum class Bound : std::uint8_t { kNothing, kLatency, kNvlink, kNic, kSpine, kPcie, kCore };

[[nodiscard]] const char* name_of(Bound bound);

struct CommunicationTime {
  Seconds latency;
  // The busiest link of each kind; these run at the same time.
  Seconds nvlink;
  Seconds nic;
  Seconds spine;
  Seconds pcie;
  Seconds core;

  [[nodiscard]] Seconds total() const;
  [[nodiscard]] Bound bound() const;
};

// `group` must be the placed group of communication.axis.
[[nodiscard]] CommunicationTime communication_time(const Cluster& cluster, const PlacedGroup& group,
                                                   const Communication& communication);

[[nodiscard]] Seconds collective_time(const Cluster& cluster, const PlacedGroup& group,
                                      const Communication& communication);

}  // namespace seqspan::sim
