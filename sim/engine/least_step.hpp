// A bound of the step from below, far cheaper than the step: every micro-batch passes the busiest
// stage, whose compute stream runs one op at a time, each for no less than it takes alone.
//
//   least = m x max over stages of
//           max(sum over its layers of forward and backward compute, what the host takes for it)
//
// Left out: waits for communication, interference, the pipeline's ramp, the first and last
// micro-batch's own ops, the update. The planner prunes by it (planner/search.hpp).
#pragma once

#include <span>

#include "sim/engine/host_launches.hpp"
#include "sim/program/program.hpp"

namespace seqspan::sim {

// What one part takes at least in every micro-batch.
struct PartWork {
  Seconds compute;   // forward and backward, op after op
  PhaseCalls calls;  // of the host
};

// `durations` by op of the program, whose host's calls were read.
[[nodiscard]] PartWork work_of(const Program& program, std::size_t part,
                               std::span<const Seconds> durations, const HostLaunches& launches);

// `durations` by op of the program. Allocates nothing.
[[nodiscard]] Seconds least_step(const Program& program, std::span<const Seconds> durations,
                                 const HostLaunches& launches);
// The same to the last digit from `works` by part: of the program, only its stages are read.
[[nodiscard]] Seconds least_step(const Program& program, std::span<const PartWork> works,
                                 const DeviceProfile& device, const HostTraits& traits);

}  // namespace seqspan::sim
