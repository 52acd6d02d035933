// How NCCL can run a collective: an algorithm with a protocol.
//
//   LL      4 bytes of flags for every 4 of data: lowest latency, half the bandwidth
//   LL128   8 bytes of flags for every 120 of data: low latency, needs NVLink's ordering
//   Simple  whole chunks between synchronisations: full bandwidth
// Source: NVIDIA/nccl src/include/device.h, src/graph/tuning.cc.
#pragma once

#include <cstdint>

#include "sim/formula/formula.hpp"

namespace seqspan::sim::nccl {

enum class Algorithm : std::uint8_t {
  kRing,
  kTree,      // double binary tree over nodes, a chain inside each
  kNvls,      // NVLink SHARP: switches add and multicast, inside one NVLink domain
  kNvlsTree,  // NVLS inside each domain, double binary trees between them
  kPat,       // parallel aggregated trees: one GPU per domain
  kSendReceive,
};

enum class Protocol : std::uint8_t { kLl, kLl128, kSimple };

[[nodiscard]] const char* name_of(Algorithm algorithm);
// What times it, for explanations.
[[nodiscard]] Law law_of(Algorithm algorithm);
[[nodiscard]] const char* name_of(Protocol protocol);

}  // namespace seqspan::sim::nccl
