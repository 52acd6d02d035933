// The constants of NCCL's own time model, by algorithm, protocol and GPU generation.
// Source: NVIDIA/nccl v2.28.3 and v2.30 src/graph/tuning.cc (the two agree on what is used here).
//
// Latencies are those of NCCL's tables, scaled by what the profile says of its link: a link whose
// ring_step_latency is twice NCCL's (3.4 us over NVLink, 14 us over a network, Simple protocol)
// takes twice as long in every algorithm and protocol. A link may have its own ring step with LL.
#pragma once

#include <cstdint>

#include "sim/formula/numbers.hpp"
#include "sim/network/nccl/algorithm.hpp"
#include "sim/spec/cluster.hpp"
#include "sim/units/units.hpp"

namespace seqspan::sim::nccl {

// Start of a collective: launch, and the first flags.
[[nodiscard]] Seconds base_latency(Algorithm algorithm, Protocol protocol);
// One step over NVLink, one over the network.
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Seconds> nvlink_latency(const Numbers& in, const Cluster& cluster,
                                                        Algorithm algorithm, Protocol protocol);
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Seconds> network_latency(const Numbers& in, const Cluster& cluster,
                                                         Algorithm algorithm, Protocol protocol);
// What each step inside a node takes at least where a collective spans nodes: the proxy's post,
// three of them with Simple.
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Seconds> post_latency(const Numbers& in, const Cluster& cluster,
                                                      Protocol protocol);

// The file whose constants these are, for explanations.
inline constexpr const char* kTuningSource = "NVIDIA/nccl v2.28.3 and v2.30 src/graph/tuning.cc";

// Part of a link's bandwidth that is data.
[[nodiscard]] double wire_efficiency(Algorithm algorithm, Protocol protocol, bool one_domain);
// Tree all-reduces of middling size fall short of the model by these factors: NCCL's
// treeCorrectionFactor, 64 B to 256 MB by powers of two; here linear between two of them, so that
// no larger size is faster.
[[nodiscard]] double tree_correction(Protocol protocol, Bytes bytes);
// What the copying thread blocks of all channels carry at most, as bus bandwidth; infinite where
// NCCL sets no limit. `domains` counts from 1.
[[nodiscard]] BytesPerSecond channel_limit(const DeviceProfile& device, Algorithm algorithm,
                                           Protocol protocol, std::int64_t domains);

}  // namespace seqspan::sim::nccl
