#include "sim/documents/assignment.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

namespace seqspan::sim {

void Assigner::balance(std::span<double> sorted) {
  const auto ranks = static_cast<std::size_t>(ranks_);
  const auto batch = static_cast<std::size_t>(micro_batch_);
  const std::size_t most = sorted.size() / ranks;
  const auto later = [](const Rank& a, const Rank& b) {
    return std::tie(a.sum, a.rank) > std::tie(b.sum, b.rank);
  };
  heap_.clear();
  for (std::size_t rank = 0; rank < ranks; ++rank) heap_.push_back({0, rank, 0});
  dealt_.resize(sorted.size());
  for (const double load : sorted) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Rank& lowest = heap_.back();
    const std::size_t micro_batch = lowest.rows / batch;
    dealt_[(micro_batch * ranks + lowest.rank) * batch + lowest.rows % batch] = load;
    lowest.sum += load;
    if (++lowest.rows == most) {
      heap_.pop_back();
    } else {
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
  }
  std::copy(dealt_.begin(), dealt_.end(), sorted.begin());
}

void Assigner::assign(std::span<double> loads) {
  if (assignment_ == Assignment::kAsTheyCome) return;
  // Callers that deal the same rows out in many ways sort them once.
  if (!std::is_sorted(loads.begin(), loads.end(), std::greater<>())) {
    std::sort(loads.begin(), loads.end(), std::greater<>());
  }
  if (assignment_ == Assignment::kBalanced) balance(loads);
}

}  // namespace seqspan::sim
