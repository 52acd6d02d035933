// Loads of steps with documents, drawn once for all layouts that share rows out alike: layouts are
// compared over the same documents. As many steps are drawn as the job says, but of a large batch
// no more than have 2^20 rows in all, and 64 at least: the more rows a step has, the less it
// varies.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "sim/documents/row_pool.hpp"
#include "sim/documents/step_loads.hpp"
#include "sim/spec/job.hpp"

namespace seqspan::sim {

class DocumentLoads {
 public:
  // The job has documents, and outlives this.
  explicit DocumentLoads(const Job& job) : job_(job) {}

  struct Rows {
    RowSplit split;
    RowPool pool;
    LoadGrid grid;
    double mean_drawn = 0;  // of rows of whole steps
  };

  [[nodiscard]] const Rows& rows(const RowSplit& split);
  [[nodiscard]] const StepLoads& steps(const Rows& rows, const StepShape& shape);
  // Weights of a micro-batch of so many rows, of any rank.
  [[nodiscard]] const std::vector<double>& micro_batch(const Rows& rows, std::int64_t size);

 private:
  using Key = std::tuple<const Rows*, std::int64_t, std::int64_t, std::int64_t, Assignment>;

  // Rows of whole steps, up to 2^20 of them: not kept for each split, but drawn anew for the next
  // one, which comes after all layouts of one.
  [[nodiscard]] const std::vector<double>& drawn(const Rows& rows);
  // Those of each step from the heaviest on, as assignments that sort begin with.
  [[nodiscard]] const std::vector<double>& sorted(const Rows& rows);

  const Job& job_;
  std::vector<std::unique_ptr<Rows>> rows_;
  std::vector<double> drawn_;
  const Rows* drawn_of_ = nullptr;
  std::vector<double> sorted_;
  const Rows* sorted_of_ = nullptr;
  std::map<Key, StepLoads> steps_;
  std::map<std::pair<const Rows*, std::int64_t>, std::vector<double>> micro_batches_;
};

}  // namespace seqspan::sim
