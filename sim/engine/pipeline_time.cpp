#include "sim/engine/pipeline_time.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

// Within one class of equal stages a range's mean moves one way with its length, so the longest
// period is that of a single stage or of a range that ends where classes end.
Seconds longest_period(std::span<const StageTime> stages, Seconds hand_over) {
  Seconds longest(0);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    Seconds sum(0);
    std::int64_t length = 0;
    longest = std::max(longest, stages[i].both());
    for (std::size_t k = i; k < stages.size(); ++k) {
      sum += stages[k].both() * static_cast<double>(stages[k].count);
      length += stages[k].count;
      const Seconds round_trip = sum + 2.0 * static_cast<double>(length - 1) * hand_over;
      longest = std::max(longest, round_trip / static_cast<double>(length));
    }
  }
  return longest;
}

}  // namespace

PipelineTime pipeline_time(std::span<const StageTime> stages, std::int64_t micro_batches,
                           std::int64_t chunks, Seconds hand_over) {
  Seconds sum(0);
  Seconds busiest(0);
  std::int64_t count = 0;
  for (const StageTime& stage : stages) {
    sum += stage.both() * static_cast<double>(stage.count);
    busiest = std::max(busiest, stage.both());
    count += stage.count;
  }
  const auto batches = static_cast<double>(micro_batches);
  const Seconds hops = 2.0 * static_cast<double>(count - 1) * hand_over;
  const Seconds work = batches * busiest;
  const Seconds total = chunks > 1
                            ? work + (sum - busiest) / static_cast<double>(chunks) + hops
                            : sum + hops + (batches - 1.0) * longest_period(stages, hand_over);
  return {total, total - work};
}

std::int64_t chunks_in_flight(std::int64_t stages, std::int64_t stage, std::int64_t micro_batches,
                              std::int64_t chunks) {
  if (chunks == 1) return std::min(micro_batches, stages - stage);
  return std::min(micro_batches * chunks, 2 * (stages - stage - 1) + (chunks - 1) * stages + 1);
}

}  // namespace seqspan::sim
