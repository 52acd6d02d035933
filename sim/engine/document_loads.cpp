#include "sim/engine/document_loads.hpp"

#include <algorithm>
#include <functional>

namespace seqspan::sim {
namespace {

// Rows that are packed at most: steps take them again where they need more in all. The mean of so
// many is known to 1/256 of what they deviate by.
constexpr std::int64_t kMostRows = 65'536;
constexpr std::int64_t kMostDrawn = std::int64_t{1} << 20U;
constexpr std::int64_t kFewestSteps = 64;

std::int64_t steps_of(const Training& training) {
  const std::int64_t affordable = std::max(kFewestSteps, kMostDrawn / training.global_batch_size);
  return std::min(training.documents->samples, affordable);
}

}  // namespace

const DocumentLoads::Rows& DocumentLoads::rows(const RowSplit& split) {
  for (const std::unique_ptr<Rows>& known : rows_) {
    if (known->split == split) return *known;
  }
  const Training& training = job_.training;
  const Documents& documents = *training.documents;
  const std::int64_t count = steps_of(training) * training.global_batch_size;
  RowPool pool(documents, training.sequence_length, training.mask == AttentionMask::kCausal, split,
               std::min(kMostRows, count));
  const LoadGrid grid(pool.facts().lowest, pool.facts().highest);
  rows_.push_back(std::make_unique<Rows>(Rows{split, std::move(pool), grid}));
  Rows& rows = *rows_.back();
  double sum = 0;
  for (const double load : drawn(rows)) sum += load;
  rows.mean_drawn = sum / static_cast<double>(count);
  return rows;
}

const std::vector<double>& DocumentLoads::drawn(const Rows& rows) {
  if (drawn_of_ != &rows) {
    const Training& training = job_.training;
    drawn_ = draw_rows(rows.pool, steps_of(training) * training.global_batch_size,
                       training.documents->seed);
    drawn_of_ = &rows;
  }
  return drawn_;
}

const std::vector<double>& DocumentLoads::sorted(const Rows& rows) {
  if (sorted_of_ != &rows) {
    sorted_ = drawn(rows);
    const std::int64_t of_step = job_.training.global_batch_size;
    for (auto step = sorted_.begin(); step != sorted_.end(); step += of_step) {
      std::sort(step, step + of_step, std::greater<>());
    }
    sorted_of_ = &rows;
  }
  return sorted_;
}

const StepLoads& DocumentLoads::steps(const Rows& rows, const StepShape& shape) {
  // The number of micro-batches follows from the job's batch.
  const Key key{&rows, shape.ranks, shape.micro_batch, shape.lockstep, shape.assignment};
  const auto found = steps_.find(key);
  if (found != steps_.end()) return found->second;
  const std::vector<double>& loads =
      shape.assignment == Assignment::kAsTheyCome ? drawn(rows) : sorted(rows);
  return steps_.emplace(key, read_steps(loads, rows.grid, shape)).first->second;
}

const std::vector<double>& DocumentLoads::micro_batch(const Rows& rows, std::int64_t size) {
  const auto found = micro_batches_.find({&rows, size});
  if (found != micro_batches_.end()) return found->second;
  return micro_batches_
      .emplace(std::pair(&rows, size), micro_batch_weights(drawn(rows), rows.grid, size))
      .first->second;
}

}  // namespace seqspan::sim
