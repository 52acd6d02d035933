#include "planner/rejection.hpp"

#include <algorithm>

namespace seqspan::planner {

void RejectionTally::add(sim::ReasonCode code, const sim::Layout& layout) {
  Entry& of_code = entry(code);
  if (of_code.rejection.count++ == 0) of_code = {{code, 1, layout, {}}, branch_};
}

bool RejectionTally::is_no_closer(sim::Bytes peak) const {
  const Rejection& closest =
      entries_[static_cast<std::size_t>(sim::ReasonCode::kDoesNotFit)].rejection;
  return closest.count > 0 && peak >= closest.example_peak;
}

void RejectionTally::add_too_large(const sim::Layout& layout, sim::Bytes peak) {
  Entry& too_large = entry(sim::ReasonCode::kDoesNotFit);
  const std::int64_t count = too_large.rejection.count + 1;
  if (!is_no_closer(peak)) {
    too_large = {{sim::ReasonCode::kDoesNotFit, count, layout, peak}, branch_};
  }
  too_large.rejection.count = count;
}

void RejectionTally::merge(const RejectionTally& other) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& theirs = other.entries_[i];
    if (theirs.rejection.count == 0) continue;
    Entry& ours = entries_[i];
    const std::int64_t count = ours.rejection.count + theirs.rejection.count;
    // Peaks are 0 but for kDoesNotFit.
    const bool theirs_first = ours.rejection.count == 0 ||
                              theirs.rejection.example_peak < ours.rejection.example_peak ||
                              (theirs.rejection.example_peak == ours.rejection.example_peak &&
                               theirs.branch < ours.branch);
    if (theirs_first) ours = theirs;
    ours.rejection.count = count;
  }
}

std::vector<Rejection> RejectionTally::sorted() const {
  std::vector<Rejection> result;
  for (const Entry& of_code : entries_) {
    if (of_code.rejection.count > 0) result.push_back(of_code.rejection);
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const Rejection& a, const Rejection& b) { return a.count > b.count; });
  return result;
}

}  // namespace seqspan::planner
