// Why layouts are out: by the first rule that each breaks, how many, and one example.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/layout/reason_code.hpp"
#include "sim/spec/layout.hpp"
#include "sim/units/units.hpp"

namespace seqspan::planner {

struct Rejection {
  sim::ReasonCode code;
  std::int64_t count = 0;
  sim::Layout example;      // the first layout refused for it; kDoesNotFit: the smallest
  sim::Bytes example_peak;  // kDoesNotFit only
};

// Filled branch by branch, each in its order; allocates nothing.
class RejectionTally {
 public:
  // The branch that the layouts added from here on belong to.
  void begin(std::size_t branch) { branch_ = branch; }
  void add(sim::ReasonCode code, const sim::Layout& layout);
  // kDoesNotFit, with a peak of at least `peak`; exactly, unless is_no_closer(peak).
  void add_too_large(const sim::Layout& layout, sim::Bytes peak);
  // Whether a layout with this peak, or a larger one, leaves the example of kDoesNotFit.
  [[nodiscard]] bool is_no_closer(sim::Bytes peak) const;
  // Of another worker, which had other branches.
  void merge(const RejectionTally& other);

  // By count, most first.
  [[nodiscard]] std::vector<Rejection> sorted() const;

 private:
  struct Entry {
    Rejection rejection;
    std::size_t branch = 0;  // of the example
  };
  [[nodiscard]] Entry& entry(sim::ReasonCode code) {
    return entries_[static_cast<std::size_t>(code)];
  }

  std::array<Entry, sim::kReasonCodeCount> entries_{};
  std::size_t branch_ = 0;
};

}  // namespace seqspan::planner
