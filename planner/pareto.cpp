#include "planner/pareto.hpp"

namespace seqspan::planner {

std::vector<Candidate> pareto_front(const std::vector<Candidate>& candidates) {
  std::vector<Candidate> front;
  for (const Candidate& candidate : candidates) {
    if (front.empty() || candidate.evaluation.peak < front.back().evaluation.peak) {
      front.push_back(candidate);
    }
  }
  return front;
}

}  // namespace seqspan::planner
