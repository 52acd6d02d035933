// Where NCCL gives a message more channels as it grows, and what the time does there.
//
// Inside a node a send starts on n0 channels, 32 over the ranks of the communicator, and their
// number doubles while a channel's part is above 16 MiB, up to 32 (NCCL v2.30 src/enqueue.cc, P2P:
// nChannelsMin = p2pnChannels / nRanks, maxPart = 32 chunks of 512 KiB). So
//   up to S* = n0 x 16 MiB      the bandwidth of n0 channels
//   from there to 32 x 16 MiB   twice the size on twice the channels: the time stays, until the
//                               links are full and the bandwidth stays
// S* = 64 MiB for 8 ranks. Vultr's B200, 8 ranks: 84.6 GB/s at 64 MiB, and from there to 512 MiB
// 793, 798, 810 and 859 us. Between doublings the time falls back and rises again; powers of two
// are the peaks, and a monotone curve stays on them.
// (sim/network/nccl/point_to_point.hpp models the same for a device whose channels are known.)
// Assumption: 32 channels for messages, as on every NVSwitch machine with NCCL's defaults.
#pragma once

#include <vector>

#include "profiles/import/measurement.hpp"
#include "sim/spec/measured_curve.hpp"

namespace seqspan::profiles {

// Sizes between which channels double with the size; none where `to` is 0.
struct ChannelDoubling {
  sim::Bytes from;
  sim::Bytes to;

  // Between two neighbouring sizes of a curve.
  [[nodiscard]] bool between(sim::Bytes below, sim::Bytes above) const {
    return below < to && above > from;
  }
};

// None for other collectives, several nodes, and more than 32 ranks.
[[nodiscard]] ChannelDoubling doubling_of(const MeasuredGroup& group);

// Knots between two neighbours of a curve with doubling between them: to S* on the bandwidth of the
// smaller, level up to the bandwidth of the larger.
[[nodiscard]] std::vector<sim::CurveKnot> knots_of_doubling(const sim::CurveKnot& below,
                                                            const sim::CurveKnot& above,
                                                            const ChannelDoubling& doubling);

}  // namespace seqspan::profiles
