// The curve of a reduce-scatter from that of an all-gather of the same ranks, or the other way
// round.
//
// NCCL runs both on the same rings, with the same steps and bytes. What the reduce-scatter adds is
// hidden where links hold it back, and where it is latency. Inside a node its low-latency protocols
// (LL, LL128) are held back by what a channel's thread blocks copy, and adding takes part of that:
// NCCL's tuning gave a channel of LL128 18.3 GB/s in an all-gather and 15.2 GB/s in a
// reduce-scatter (NVIDIA/nccl src/graph/tuning.cc up to v2.11, ll128MaxBwPerCh; later versions
// choose between protocols by one number for both). So inside a node
//
//   time(reduce-scatter) = t0 + (time(all-gather) - t0) x 18.3 / 15.2
//
// at the sizes that those protocols carry, t0 being the time of the smallest size: sizes to which
// the curve rises with less than half of its last bandwidth, which is what LL's flags leave at
// most. Elsewhere the two are alike. Times that then fall are pooled (isotonic.hpp).
#pragma once

#include "profiles/import/measurement.hpp"
#include "sim/spec/measured_curve.hpp"

namespace seqspan::profiles {

// `curve` is that of `measured`, an all-gather or a reduce-scatter; the result is the other's.
[[nodiscard]] sim::MeasuredCurve sibling_curve(const sim::MeasuredCurve& curve,
                                               const MeasuredGroup& measured);

}  // namespace seqspan::profiles
