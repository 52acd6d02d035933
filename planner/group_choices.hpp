// The GPUs that share a sequence, shared out otherwise: tensor parallel, Ulysses and ring degrees
// with the same product, everything else as it is.
//
// It answers what grouped KV heads cost: Ulysses beyond the KV heads repeats them, u t / g copies
// on the wire and in memory, where the framework does; tensor parallelism beyond them gathers them;
// a smaller Ulysses degree leaves the rest to a ring, which sends K and V r - 1 times.
#pragma once

#include <optional>
#include <vector>

#include "sim/engine/simulator.hpp"
#include "sim/layout/reason_code.hpp"

namespace seqspan::planner {

struct GroupChoice {
  sim::Layout layout;  // with the faster exchange of keys and values
  // The rule that it breaks; kDoesNotFit or kHostDoesNotFit where memory is lacking.
  std::optional<sim::ReasonCode> refused;
  std::int64_t kv_copies = 1;  // of each KV head over the tp x ulysses ranks that split heads
  sim::Bytes sent;             // by one GPU in a step over these groups
  sim::Bytes peak;
  sim::Seconds step;  // where it fits
};

// Fastest first, then those refused, by tp and Ulysses. Empty where one GPU has the sequence.
[[nodiscard]] std::vector<GroupChoice> group_choices(sim::Simulator& simulator,
                                                     const sim::Layout& layout);

}  // namespace seqspan::planner
