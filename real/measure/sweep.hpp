// What `profile run` measures: every collective on every way in which groups of a layout can lie.
//
//   all ranks       one group of all
//   inside hosts    the ranks of each host, all hosts at once
//   across hosts    the i-th rank of each host, all i at once: siblings share the NICs
// The last two only where there are several hosts. Sizes grow fastest last, so that a run that is
// cut short has something of everything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "real/measure/exchange_timer.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::real {

// A group as a benchmark would describe it.
struct SweepPoint {
  MeasurePoint point;
  std::int64_t nodes = 1;  // that a group spans
  std::string variant;     // variant_of()
};

// What sets groups of a shape apart from others of their size: "4 groups at once, 2 apart", the
// latter where they are no consecutive ranks; empty where there is one group.
[[nodiscard]] std::string variant_of(const sim::GroupShape& shape, std::int64_t world);

// `hosts` by rank. Error: kInput where ranks of a host are not consecutive, or hosts have different
// numbers of them.
[[nodiscard]] sim::Result<std::vector<SweepPoint>> sweep(
    const std::vector<std::string>& hosts, const std::vector<sim::Collective>& collectives,
    const std::vector<sim::Bytes>& sizes);

}  // namespace seqspan::real
