// One worker of a search: visits branches of a space, and keeps what a plan needs of them.
//
// A layout is given up as soon as what is left to compute cannot matter, by two bounds:
//   memory  no peak is below the standing tensors (Simulator::least_peak), which only tp, pp, vpp,
//           ep, cp, dp and sharding decide: once known, the other layouts that share them are
//           counted as too large without being lowered
//   time    no step is below Simulator::least_step: a layout that fits is not timed where one that
//           was timed is faster than that and no larger, and enough rank before it either way
//          With documents also one of its context parallel size must be faster, and closer bounds
//          are read one by one (Simulator::come_closer), each asked the same.
// With documents most layouts take long to time, so that a scout goes first: the same search by
// the step with the mean load in every micro-batch. What it keeps is timed in full, and bounds the
// search from its first layout on.
// What a plan says does not depend on what was given up, nor on how branches are dealt to workers
// (tests/unit/planner/search_test.cpp against brute force).
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <vector>

#include "planner/context_trade.hpp"
#include "planner/objective.hpp"
#include "planner/pareto.hpp"
#include "planner/rejection.hpp"
#include "planner/space.hpp"

namespace seqspan::planner {

class Search {
 public:
  // What of a layout is timed.
  enum class Times : std::uint8_t {
    kAll,
    kEven,  // with documents: the mean load in every micro-batch
  };

  // Keeps the `best` layouts that rank first. All must outlive the search.
  Search(sim::Simulator& simulator, const Space& space, Objective objective, std::size_t best,
         Times times = Times::kAll, const Search* known = nullptr);

  // Visits the branch at this index of the space. Ends early once `stop` is set.
  void visit(std::size_t branch, const std::atomic<bool>* stop);
  // Times what another search kept, best first, and keeps what ranks: bounds for a search that is
  // given it as `known`, which finds those layouts again.
  void time_kept(const Search& other);
  // Takes in what another worker found.
  void merge(const Search& other);

  [[nodiscard]] const sim::Job& job() const { return job_; }
  [[nodiscard]] std::int64_t candidates() const { return candidates_; }
  [[nodiscard]] std::int64_t evaluated() const { return evaluated_; }
  [[nodiscard]] std::int64_t fitting() const { return fitting_; }
  [[nodiscard]] std::int64_t timed() const { return timed_; }
  [[nodiscard]] RejectionTally& rejections() { return rejections_; }
  [[nodiscard]] const ParetoFront& front() const { return front_; }
  [[nodiscard]] const std::vector<Candidate>& best() const { return best_; }
  // With documents only.
  [[nodiscard]] std::span<const Candidate> by_context() const { return by_context_.layouts(); }

 private:
  void visit(const sim::Layout& layout);
  void time(const sim::Layout& layout, sim::Evaluation evaluation);
  void keep(const Candidate& candidate);
  void rank(const Candidate& candidate);
  // By what this search and the known one have kept.
  [[nodiscard]] bool can_matter(const sim::Layout& layout, const sim::Evaluation& optimistic) const;
  [[nodiscard]] bool may_be_kept(const sim::Layout& layout,
                                 const sim::Evaluation& optimistic) const;

  sim::Simulator& simulator_;
  const sim::Job& job_;
  const Space& space_;
  Objective objective_;
  std::size_t most_;
  Times times_;
  const Search* known_;

  std::int64_t candidates_ = 0;
  std::int64_t evaluated_ = 0;
  std::int64_t fitting_ = 0;
  std::int64_t timed_ = 0;
  RejectionTally rejections_;
  ParetoFront front_;
  ContextTrade by_context_;
  std::vector<Candidate> best_;  // sorted, at most `most_`

  // Of the layouts that share their standing tensors with the one visited last, by sharding,
  // offload and vpp.
  static constexpr std::size_t kShardingCount = 4;
  static constexpr std::size_t kOffloadCount = 4;
  using LeastPeaks = std::array<std::optional<sim::Bytes>, kLargestVpp + 1>;
  std::array<std::array<LeastPeaks, kOffloadCount>, kShardingCount> least_peak_;
  std::int64_t of_ep_ = 0;
  std::int64_t of_etp_ = 0;
};

}  // namespace seqspan::planner
