// What one run of a benchmark measured: one collective, one group of ranks, times by size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiles/import/collective_kind.hpp"
#include "sim/units/units.hpp"

namespace seqspan::profiles {

struct MeasuredPoint {
  sim::Bytes size;  // by nccl-tests' convention (collective_kind.hpp)
  sim::Seconds time;

  bool operator==(const MeasuredPoint&) const = default;
};

// Ranks spread evenly over nodes.
struct MeasuredGroup {
  CollectiveKind collective = CollectiveKind::kAllReduce;
  std::int64_t ranks = 2;
  std::int64_t nodes = 1;

  [[nodiscard]] std::int64_t ranks_per_node() const { return ranks / nodes; }
  // clang-tidy 14 takes the 0 of the generated comparison for a null pointer.
  auto operator<=>(const MeasuredGroup&) const = default;  // NOLINT(modernize-use-nullptr)
};

// "all_gather, 16 ranks on 2 nodes"
[[nodiscard]] std::string show(const MeasuredGroup& group);

struct MeasurementSet {
  MeasuredGroup group;
  bool in_place = false;
  std::string variant;  // settings that set it apart from other runs of the group: "NCCL_ALGO=RING"
  std::vector<MeasuredPoint> points;  // by size; equal sizes may repeat
  std::string source;                 // where it comes from, as the log says
  std::string date;                   // when it was measured, as the log says; may be empty
  std::string file;                   // the log

  bool operator==(const MeasurementSet&) const = default;
};

// "all_gather, 16 ranks on 2 nodes, in place, NCCL_ALGO=RING"
[[nodiscard]] std::string show(const MeasurementSet& set);

}  // namespace seqspan::profiles
