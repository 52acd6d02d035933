// How long each op of a program takes alone, and which parts of the links it uses: what the clock
// (schedule_clock.hpp) puts on streams. Products and attention take as long as on the slowest GPU
// of the cluster (compute_time.hpp); copies to and from the host: host_time.hpp.
#pragma once

#include <vector>

#include "sim/engine/link_sharing.hpp"
#include "sim/formula/formula.hpp"
#include "sim/network/network.hpp"
#include "sim/program/program.hpp"
#include "sim/spec/cluster.hpp"

namespace seqspan::sim {

// By op of the program. The network must have placed the program's layout. Both keep their
// capacity.
void read_op_times(const Cluster& cluster, const Network& network, const Program& program,
                   std::vector<Seconds>& durations, std::vector<LinkUse>& uses);

// One product, attention or pass of it.
[[nodiscard]] Seconds kernel_time(const Cluster& cluster, const Op& op);

// How the time of one of them comes about: formula.value() is its duration.
[[nodiscard]] Formula explain_op_time(const Cluster& cluster, const Network& network, const Op& op);

}  // namespace seqspan::sim
