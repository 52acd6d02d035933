// Documents on context parallel groups as small as each allows.
//
// Each document runs on a group of g ranks of a pool, g a power of two that divides the pool, as a
// micro-batch of its own. Groups are runs of ranks that start at multiples of their size. The
// largest groups are filled first; of the documents of one size the longest goes first, to the
// group that is free first (longest processing time first, Graham 1969). Ranks wait for each other
// inside a group, and at the end of the step.
// Source of the groups: Megatron-LM core/pipeline_parallel/hybrid_cp_schedule.py
// (BalancedCPScheduler), whose own order also has barriers between rounds, and widens groups where
// ranks would be without work: neither is modelled.
#pragma once

#include <cstdint>
#include <vector>

namespace seqspan::sim {

struct GroupedDocument {
  std::int64_t group = 1;
  double seconds = 0;  // of each of its ranks
};

class GroupSchedule {
 public:
  explicit GroupSchedule(std::int64_t ranks) : ranks_(ranks) {}

  struct Length {
    double longest = 0;  // of the rank that is done last
    double mean = 0;     // work of a rank
  };
  // Sorts the documents.
  [[nodiscard]] Length read(std::vector<GroupedDocument>& documents);

 private:
  std::int64_t ranks_;
  std::vector<double> free_;  // a heap: when each group of the size at hand is free
};

}  // namespace seqspan::sim
