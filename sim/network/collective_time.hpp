// How long a communication of a placed group takes, its siblings running at the same time.
//
//   time = latency + the longest of NVLink, PCIe, NIC, spine, core and channels
//
// NVLink to core: what the busiest link of the kind carries over its bandwidth
// (sim/network/link_times.hpp). Links between switches add their latency. Channels: what NCCL's
// thread blocks can copy.
//   all-gather, reduce-scatter, all-reduce   the best of NCCL's algorithms and protocols
//                                            (sim/network/nccl/collective_choice.hpp)
//   all-to-all, ring shift, point-to-point   send and receive
//                                            (sim/network/nccl/point_to_point.hpp); an all-to-all
//                                            is grouped sends to every peer, as ncclAlltoAll is
//
// No group, no peers (n = 1) or no bytes: no time. Never NaN; infinite only where a link in use has
// no bandwidth.
#pragma once

#include <cstdint>

#include "sim/formula/numbers.hpp"
#include "sim/network/nccl/algorithm.hpp"
#include "sim/network/nccl/collective_choice.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim {

// What bounds a communication: the largest of its parts.
enum class Bound : std::uint8_t {
  kNothing,
  kLatency,
  kNvlink,
  kNic,
  kSpine,
  kPcie,
  kCore,
  kChannels
};

[[nodiscard]] const char* name_of(Bound bound);

template <class Numbers>
struct CommunicationTimeOf;
using CommunicationTime = CommunicationTimeOf<Plain>;
[[nodiscard]] Bound bound_of(const CommunicationTime& time);

template <class Numbers>
struct CommunicationTimeOf {
  NumberOf<Numbers, Seconds> latency{};
  // The busiest link of each kind; these run at the same time.
  NumberOf<Numbers, Seconds> nvlink{};
  NumberOf<Numbers, Seconds> nic{};
  NumberOf<Numbers, Seconds> spine{};
  NumberOf<Numbers, Seconds> pcie{};
  NumberOf<Numbers, Seconds> core{};
  NumberOf<Numbers, Seconds> channels{};
  nccl::Algorithm algorithm = nccl::Algorithm::kRing;
  nccl::Protocol protocol = nccl::Protocol::kSimple;

  [[nodiscard]] NumberOf<Numbers, Seconds> total() const {
    return latency + largest(nvlink, nic, spine, pcie, core, channels);
  }
  // Of plain numbers.
  [[nodiscard]] Bound bound() const { return bound_of(*this); }
  // Every part times `factor`.
  [[nodiscard]] CommunicationTimeOf scaled(NumberOf<Numbers, double> factor) const {
    CommunicationTimeOf result = *this;
    for (auto* part : {&result.latency, &result.nvlink, &result.nic, &result.spine, &result.pcie,
                       &result.core, &result.channels}) {
      *part *= factor;
    }
    return result;
  }
};
// The choices of a placed group, worked out once.
class CollectiveChoices {
 public:
  CollectiveChoices() = default;
  CollectiveChoices(const Cluster& cluster, const PlacedGroup& group)
      : gather_(cluster, group, Collective::kAllGather),
        reduce_(cluster, group, Collective::kAllReduce) {}

  // Of an all-gather, reduce-scatter or all-reduce.
  [[nodiscard]] const nccl::CollectiveChoice& of(Collective collective) const {
    return collective == Collective::kAllReduce ? reduce_ : gather_;
  }

 private:
  nccl::CollectiveChoice gather_;  // and reduce-scatter, which NCCL runs alike
  nccl::CollectiveChoice reduce_;
};

// `group` must be the placed group of communication.axis, `choices` its own.
template <class Numbers>
[[nodiscard]] CommunicationTimeOf<Numbers> communication_time(const Numbers& in,
                                                              const Cluster& cluster,
                                                              const PlacedGroup& group,
                                                              const CollectiveChoices& choices,
                                                              const Communication& communication);
[[nodiscard]] CommunicationTime communication_time(const Cluster& cluster, const PlacedGroup& group,
                                                   const CollectiveChoices& choices,
                                                   const Communication& communication);

// The same for one communication of a group.
[[nodiscard]] CommunicationTime communication_time(const Cluster& cluster, const PlacedGroup& group,
                                                   const Communication& communication);
[[nodiscard]] Seconds collective_time(const Cluster& cluster, const PlacedGroup& group,
                                      const Communication& communication);

}  // namespace seqspan::sim
