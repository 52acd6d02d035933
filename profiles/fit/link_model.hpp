// Times from the parameters of the links, for groups that nobody measured.
//
// n ranks on N nodes, k = n / N on each; a = latency of a level, B = bandwidth of a GPU on it:
//   ring collective  base + (steps - inter) x a_step(inside) + inter x a_step(between)
//                    + max(S (n-1)/n w / B(inside), S (n-1)/(n k) / B(between))
//                    steps = n - 1, inter = N - 1 (0 on one node), w = 1 on one node, (k-1)/k on
//                    several; an all-reduce has twice the steps and twice the bytes
//   sendrecv         a_message + S / B, of `between` if N > 1, else of `inside`
//   alltoall         a_message + 0.5 us x (rounds - 1)
//                    + max(S (k-1)/n / B(inside), S (n-k)/n / B(between)), 8 peers to a round
// Rings: NCCL v2.30 src/graph/tuning.cc, Simple protocol. Less than sim/network knows
// (sim/network/nccl), because logs of a few groups determine no more.
// A group of several nodes is not limited by B(inside) where that is not known (0).
// Assumption: rings leave a node through every rank's own share of the NICs.
// Not modelled: trees, NVLS, the rise of bandwidth with size other than by latency.
#pragma once

#include <optional>

#include "profiles/fabric_profile/fabric_profile.hpp"

namespace seqspan::profiles {

// Nothing for collectives that have no form above, or where a parameter that it needs is 0.
[[nodiscard]] std::optional<sim::Seconds> time_over_links(const LinkParameters& links,
                                                          const MeasuredGroup& group,
                                                          sim::Bytes size);

}  // namespace seqspan::profiles
