#include "planner/context_trade.hpp"

#include <algorithm>

namespace seqspan::planner {

std::vector<Candidate> context_trade(const std::vector<Candidate>& candidates) {
  std::vector<Candidate> choices;
  for (const Candidate& candidate : candidates) {
    const bool is_known = std::any_of(choices.begin(), choices.end(), [&](const Candidate& choice) {
      return choice.layout.cp() == candidate.layout.cp();
    });
    if (!is_known) choices.push_back(candidate);
  }
  std::sort(choices.begin(), choices.end(),
            [](const Candidate& a, const Candidate& b) { return a.layout.cp() < b.layout.cp(); });
  return choices;
}

}  // namespace seqspan::planner
