// The algorithm and protocol that NCCL would run an all-gather, reduce-scatter or all-reduce with,
// and how long that takes on a placed group: the least of
//
//   latency(algorithm, protocol) + the slowest of
//     load x bytes / (bandwidth x wire efficiency) over each kind of link, and
//     busbw bytes / what the channels' thread blocks carry
//
// as NCCL does (src/graph/tuning.cc, ncclTopoTuneModel and ncclTopoGetAlgoTime), but with the
// bandwidths of the profile and the links of all sibling groups. n ranks in d domains, k in each:
//
//   algorithm   of               latency                                    NVLink port   NIC
//   ring        all three        base + (steps - inter) nvl + inter net     placed_group.hpp
//   tree        all-reduce       base + 2 ((k-1) nvl + log2(d) net)         2 S (k-1)/k   f S/k
//   NVLS        d = 1, n > 2     25 us        all-reduce S (n+1)/n, else S (n-1)/n, over eta
//   NVLS tree   all-reduce, d>1  25 us + 2 log2(d) net                      S (k+1)/k / eta   f S/k
//   PAT         not all-reduce, k = 1   base + log2(d) net / 3.5 + 2.8 us n   as the ring
//
//   steps n-1 (all-reduce 2 (n-1)), of which d-1 (2 (d-1)) are inter: over the network; steps
//   inside a domain take at least NCCL's post of a proxy where d > 1. f: 1 for two domains, where
//   each sends half up and half down; else 2, as an inner node of one tree is a leaf of the other.
//   eta: nvls_efficiency of the device. All-reduce rings over several domains with at least 64
//   bytes per channel and rank: latency x 1.4 (NCCL's plateau). Trees: tree_correction().
//
// Without a compute capability in the profile: rings with the Simple protocol only. NVLS from 9.0.
// Not modelled: SHARP of the network (CollNet), copy engines, symmetric-memory kernels, fewer
// channels for small messages; NCCL's choice by its own tables where they differ from the times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/network/nccl/algorithm.hpp"
#include "sim/network/placed_group.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim::nccl {

// One way of running a collective on a placed group.
template <class Numbers>
struct CandidateOf {
  Algorithm algorithm = Algorithm::kRing;
  Protocol protocol = Protocol::kSimple;
  NumberOf<Numbers, Seconds> latency{};
  LinkLoadsOf<Numbers> loads{};                       // data on the wire included
  NumberOf<Numbers, double> channel_bytes{};          // bus bytes per byte
  NumberOf<Numbers, BytesPerSecond> channel_limit{};  // of the bus bytes
};
using Candidate = CandidateOf<Plain>;

// What a candidate becomes at a size.
template <class Numbers>
struct AtSizeOf {
  NumberOf<Numbers, double> bytes{};  // those that the links see: a tree's correction included
  NumberOf<Numbers, Seconds> latency{};
};

// The candidates of one collective, worked out once for a group. The fastest of them is a matter of
// one multiplication each, so that a planner may ask for every op of every layout.
class CollectiveChoice {
 public:
  CollectiveChoice() = default;
  // Of an all-gather, reduce-scatter or all-reduce.
  CollectiveChoice(const Cluster& cluster, const PlacedGroup& group, Collective collective);

  struct Choice {
    const Candidate* candidate = nullptr;  // null for a group of one rank
    AtSizeOf<Plain> at_size;
  };
  // The fastest for a size above 0. Valid as long as this object stays where it is.
  [[nodiscard]] Choice best(Bytes bytes) const;

  // The candidate of a choice, and what it becomes at the size, as laws compute with them: what is
  // at hand, or traced anew.
  [[nodiscard]] const Candidate& candidate(const Plain& /*in*/, const Cluster& /*cluster*/,
                                           const PlacedGroup& /*group*/,
                                           const Choice& choice) const {
    return *choice.candidate;
  }
  template <class Numbers>
  [[nodiscard]] CandidateOf<Numbers> candidate(const Numbers& in, const Cluster& cluster,
                                               const PlacedGroup& group,
                                               const Choice& choice) const;
  [[nodiscard]] const AtSizeOf<Plain>& at_size(const Plain& /*in*/, const Candidate& /*candidate*/,
                                               const Choice& choice, Bytes /*bytes*/) const {
    return choice.at_size;
  }
  template <class Numbers>
  [[nodiscard]] AtSizeOf<Numbers> at_size(const Numbers& in, const CandidateOf<Numbers>& candidate,
                                          const Choice& choice, Bytes bytes) const;

 private:
  // Rings and trees of three protocols, and one that uses NVLS or PAT.
  static constexpr std::size_t kMost = 7;

  void add(const Cluster& cluster, const PlacedGroup& group, const Candidate& candidate);
  template <class Numbers>
  [[nodiscard]] AtSizeOf<Numbers> at_size_of(const Numbers& in,
                                             const CandidateOf<Numbers>& candidate,
                                             Bytes bytes) const;

  bool all_reduce_ = false;
  std::int64_t heads_ = 1;          // NVLS: ranks of a domain, each of which adds a share
  std::int64_t plateau_bytes_ = 0;  // from here on rings of several domains reach their plateau
  std::array<Candidate, kMost> candidates_{};
  std::array<double, kMost> seconds_per_byte_{};
  std::array<Seconds, kMost> constant_{};  // what half_speed_bytes adds at any size
  std::size_t count_ = 0;
};

}  // namespace seqspan::sim::nccl
