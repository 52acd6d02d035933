// When every flow of a set is done, if all start together and share links max-min fairly.
//
// Rates hold until a flow finishes; then what it used is shared out anew. Flows that finish within
// one part in 10^9 of each other finish together, so symmetric traffic takes as many rounds as it
// has kinds of flows.
#pragma once

#include <vector>

#include "sim/network/flow/flow_set.hpp"

namespace seqspan::sim {

struct Completion {
  Seconds last;  // when the last flow is done; infinite if one never is
  std::vector<Seconds> by_flow;
  std::int64_t rounds = 0;  // times that rates were computed
};

[[nodiscard]] Completion complete(const FlowSet& flows);

// No schedule finishes sooner: the busiest link's bytes over its capacity, or the slowest capped
// flow. Equal to complete().last where every flow crosses a link that all its flows use to the end,
// which symmetric traffic does.
[[nodiscard]] Seconds bottleneck_bound(const FlowSet& flows);

}  // namespace seqspan::sim
