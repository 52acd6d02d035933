#include "sim/documents/group_schedule.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

namespace seqspan::sim {

GroupSchedule::Length GroupSchedule::read(std::vector<GroupedDocument>& documents) {
  std::sort(documents.begin(), documents.end(),
            [](const GroupedDocument& a, const GroupedDocument& b) {
              return std::tie(a.group, a.seconds) > std::tie(b.group, b.seconds);
            });
  Length length;
  std::int64_t size = documents.empty() ? 1 : documents.front().group;
  free_.assign(static_cast<std::size_t>(ranks_ / size), 0.0);
  for (const GroupedDocument& document : documents) {
    for (; size > document.group; size /= 2) {
      // Both halves of a group are free when it is.
      const std::size_t count = free_.size();
      for (std::size_t i = 0; i < count; ++i) free_.push_back(free_[i]);
      std::make_heap(free_.begin(), free_.end(), std::greater<>());
    }
    std::pop_heap(free_.begin(), free_.end(), std::greater<>());
    free_.back() += document.seconds;
    length.longest = std::max(length.longest, free_.back());
    std::push_heap(free_.begin(), free_.end(), std::greater<>());
    length.mean += document.seconds * static_cast<double>(document.group);
  }
  length.mean /= static_cast<double>(ranks_);
  return length;
}

}  // namespace seqspan::sim
