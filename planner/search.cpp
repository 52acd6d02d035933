#include "planner/search.hpp"

#include <algorithm>

#include "sim/layout/legality.hpp"

namespace seqspan::planner {

Search::Search(sim::Simulator& simulator, const Space& space, Objective objective, std::size_t best,
               Times times, const Search* known)
    : simulator_(simulator),
      job_(simulator.job()),
      space_(space),
      objective_(objective),
      most_(best),
      times_(times),
      known_(known) {}

void Search::visit(std::size_t branch, const std::atomic<bool>* stop) {
  rejections_.begin(branch);
  of_ep_ = 0;
  space_.for_each_of(space_.branches()[branch], [&](const sim::Layout& layout) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return;
    visit(layout);
  });
}

bool Search::can_matter(const sim::Layout& layout, const sim::Evaluation& optimistic) const {
  return may_be_kept(layout, optimistic) &&
         (known_ == nullptr || known_->may_be_kept(layout, optimistic));
}

bool Search::may_be_kept(const sim::Layout& layout, const sim::Evaluation& optimistic) const {
  if (job_.training.documents && !by_context_.beats(layout, optimistic.step)) return true;
  const bool ranks =
      best_.size() < most_ || !is_better(objective_, best_.back().evaluation, optimistic);
  return ranks || !front_.beats(optimistic.peak, optimistic.step);
}

void Search::visit(const sim::Layout& layout) {
  ++candidates_;
  if (const auto code = sim::broken_rule(job_, layout)) {
    rejections_.add(*code, layout);
    return;
  }
  ++evaluated_;
  if (layout.ep != of_ep_ || layout.etp != of_etp_) {
    least_peak_ = {};
    of_ep_ = layout.ep;
    of_etp_ = layout.etp;
  }
  const sim::Bytes capacity = job_.cluster.device.memory;
  const auto vpp = static_cast<std::size_t>(std::min(layout.vpp, kLargestVpp + 1) - 1);
  std::optional<sim::Bytes>& least = least_peak_[static_cast<std::size_t>(layout.sharding)]
                                                [static_cast<std::size_t>(layout.offload)][vpp];
  if (least && *least > capacity && rejections_.is_no_closer(*least)) {
    rejections_.add_too_large(layout, *least);
    return;
  }
  sim::Evaluation evaluation = simulator_.evaluate_memory(layout);
  if (!least) least = simulator_.least_peak();
  if (evaluation.peak > capacity) {
    rejections_.add_too_large(layout, evaluation.peak);
    return;
  }
  if (!evaluation.fits) {
    rejections_.add(sim::ReasonCode::kHostDoesNotFit, layout);
    return;
  }
  ++fitting_;
  time(layout, evaluation);
}

void Search::time(const sim::Layout& layout, sim::Evaluation evaluation) {
  evaluation.step = simulator_.least_step();
  if (!can_matter(layout, evaluation)) return;
  if (times_ == Times::kEven) {
    evaluation.step = simulator_.even_step();
    keep({layout, evaluation});
    return;
  }
  while (simulator_.come_closer(evaluation)) {
    if (!can_matter(layout, evaluation)) return;
  }
  ++timed_;
  simulator_.evaluate_time(evaluation);
  keep({layout, evaluation});
}

void Search::keep(const Candidate& candidate) {
  rank(candidate);
  front_.add(candidate);
  if (job_.training.documents) by_context_.add(candidate);
}

void Search::time_kept(const Search& other) {
  std::vector<Candidate> kept = other.best_;
  const std::span<const Candidate> front = other.front_.layouts();
  kept.insert(kept.end(), front.begin(), front.end());
  const std::span<const Candidate> by_context = other.by_context_.layouts();
  kept.insert(kept.end(), by_context.begin(), by_context.end());
  const auto order = [this](const Candidate& a, const Candidate& b) {
    return ranks_before(objective_, a, b);
  };
  std::sort(kept.begin(), kept.end(), order);
  const auto same = [](const Candidate& a, const Candidate& b) { return a.layout == b.layout; };
  kept.erase(std::unique(kept.begin(), kept.end(), same), kept.end());
  for (const Candidate& candidate : kept) {
    time(candidate.layout, simulator_.evaluate_memory(candidate.layout));
  }
}

void Search::rank(const Candidate& candidate) {
  const auto order = [this](const Candidate& a, const Candidate& b) {
    return ranks_before(objective_, a, b);
  };
  if (best_.size() == most_) {
    if (most_ == 0 || !order(candidate, best_.back())) return;
    best_.pop_back();
  }
  best_.insert(std::upper_bound(best_.begin(), best_.end(), candidate, order), candidate);
}

void Search::merge(const Search& other) {
  candidates_ += other.candidates_;
  evaluated_ += other.evaluated_;
  fitting_ += other.fitting_;
  timed_ += other.timed_;
  rejections_.merge(other.rejections_);
  for (const Candidate& candidate : other.front_.layouts()) front_.add(candidate);
  for (const Candidate& candidate : other.by_context_.layouts()) by_context_.add(candidate);
  for (const Candidate& candidate : other.best_) rank(candidate);
}

}  // namespace seqspan::planner
