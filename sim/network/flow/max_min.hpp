// Max-min fair rates: every flow gets as much as it can without taking from a flow that has less.
//
// Progressive filling (Bertsekas and Gallager, Data Networks, section 6.5.2): the link whose
// capacity left per flow not yet fixed is smallest limits its flows to that share; they are fixed,
// their rates are taken off every link they cross, and so on. A flow's own cap is a link of its
// own. At the end each flow crosses a link that is full and on which no flow is faster (or is at
// its cap): that is what makes the allocation max-min fair, and what the tests check.
//
// Cost: O((flows x links per flow) + links log links) for a set whose flows fix in few rounds.
#pragma once

#include <vector>

#include "sim/network/flow/flow_set.hpp"

namespace seqspan::sim {

class MaxMinSolver {
 public:
  // The set must outlive the solver and gain no flows meanwhile.
  explicit MaxMinSolver(const FlowSet& flows);

  // Rates of the flows for which active[flow] is not 0; the others get 0. A flow that nothing
  // limits (no link, no cap) gets an infinite rate.
  [[nodiscard]] const std::vector<BytesPerSecond>& solve(const std::vector<std::uint8_t>& active);
  [[nodiscard]] const std::vector<BytesPerSecond>& solve();

 private:
  struct LinkState {
    double left = 0;            // capacity not yet given away
    std::uint32_t open = 0;     // flows on it that are not fixed
    std::uint32_t version = 0;  // of its entry in the queue
  };
  struct Entry {
    double share = 0;
    LinkIndex link = 0;
    std::uint32_t version = 0;
  };

  void push(LinkIndex link);
  void fix(FlowIndex flow, double rate);
  [[nodiscard]] double share(LinkIndex link) const;

  const FlowSet& flows_;
  // Flows by link, one link after the other.
  std::vector<FlowIndex> on_link_;
  std::vector<std::uint32_t> on_link_begin_;
  std::vector<LinkState> links_;
  std::vector<Entry> queue_;       // a heap, smallest share first
  std::vector<FlowIndex> capped_;  // flows with a cap, smallest cap first
  std::vector<std::uint8_t> open_;
  std::vector<BytesPerSecond> rates_;
  std::vector<LinkIndex> touched_;
  std::vector<std::uint8_t> is_touched_;
};

}  // namespace seqspan::sim
