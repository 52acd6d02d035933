#include "sim/engine/pipeline_time.hpp"

#include <algorithm>

#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

constexpr const char* kFromStreams =
    "forward and backward of one micro-batch on the streams of one stage, of each kind of stage "
    "(sim/engine/schedule_clock.hpp), or as slowly as its host issues them";
constexpr const char* kFromLayout = "the layout";

template <class Numbers>
NumberOf<Numbers, Seconds> work_of(const Numbers& in, std::span<const StageTime> stages,
                                   std::size_t i) {
  if (stages.size() == 1) return in.given("work", stages[i].both(), kFromStreams);
  return in.given("work", i, stages[i].both(), kFromStreams);
}

template <class Numbers>
NumberOf<Numbers, double> count_of(const Numbers& in, std::span<const StageTime> stages,
                                   std::size_t i) {
  if (stages.size() == 1) return real(in.given("stages", stages[i].count, kFromLayout));
  return real(in.given("stages", i, stages[i].count, kFromLayout));
}

// Within one class of equal stages a range's mean moves one way with its length, so the longest
// period is that of a single stage or of a range that ends where classes end.
template <class Numbers>
NumberOf<Numbers, Seconds> longest_period(const Numbers& in, std::span<const StageTime> stages,
                                          const NumberOf<Numbers, Seconds>& hand_over) {
  auto longest = in.constant(Seconds(0));
  for (std::size_t i = 0; i < stages.size(); ++i) {
    auto sum = in.constant(Seconds(0));
    std::int64_t length = 0;
    longest = largest(longest, work_of(in, stages, i));
    for (std::size_t k = i; k < stages.size(); ++k) {
      sum = sum + work_of(in, stages, k) * count_of(in, stages, k);
      length += stages[k].count;
      if (length == 1) continue;  // the stage alone
      const auto round_trip = sum + 2.0 * static_cast<double>(length - 1) * hand_over;
      longest = largest(longest, round_trip / static_cast<double>(length));
    }
  }
  return longest;
}

}  // namespace

template <class Numbers>
PipelineTimeOf<Numbers> pipeline_time(const Numbers& in, std::span<const StageTime> stages,
                                      std::int64_t micro_batches, std::int64_t chunks,
                                      Seconds hand_over) {
  const auto one_way =
      in.given("hand_over", hand_over, "the time of the send between stages, in its block");
  auto sum = in.constant(Seconds(0));
  auto busiest = in.constant(Seconds(0));
  std::int64_t count = 0;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    sum = sum + work_of(in, stages, i) * count_of(in, stages, i);
    busiest = largest(busiest, work_of(in, stages, i));
    count += stages[i].count;
  }
  sum = in.named("ramp", sum);
  busiest = in.named("busiest", busiest);
  const auto batches = real(in.given("micro_batches", micro_batches, kFromLayout));
  auto hops = in.constant(Seconds(0));
  if (count > 1) {
    const auto others = real(in.given("pp", count, kFromLayout)) - 1.0;
    hops = in.named("hops", 2.0 * others * one_way);
  }
  const auto work = batches * busiest;
  const auto total =
      chunks > 1
          ? work + (sum - busiest) / real(in.given("vpp", chunks, kFromLayout)) + hops
          : sum + hops + (batches - 1.0) * in.named("period", longest_period(in, stages, one_way));
  return {total, total - work};
}

template <class Numbers>
NumberOf<Numbers, std::int64_t> chunks_in_flight(const Numbers& in, std::int64_t stages,
                                                 std::int64_t stage, std::int64_t micro_batches,
                                                 std::int64_t chunks) {
  const auto p = in.given("pp", stages, kFromLayout);
  const auto i = in.given("stage", stage, "the stage of the peak");
  const auto m = in.given("micro_batches", micro_batches, kFromLayout);
  if (chunks == 1) return smallest(m, p - i);
  const auto v = in.given("vpp", chunks, kFromLayout);
  return smallest(m * v, std::int64_t{2} * (p - i - std::int64_t{1}) + (v - std::int64_t{1}) * p +
                             std::int64_t{1});
}

template PipelineTimeOf<Plain> pipeline_time(const Plain&, std::span<const StageTime>, std::int64_t,
                                             std::int64_t, Seconds);
template PipelineTimeOf<Tracing> pipeline_time(const Tracing&, std::span<const StageTime>,
                                               std::int64_t, std::int64_t, Seconds);
template std::int64_t chunks_in_flight(const Plain&, std::int64_t, std::int64_t, std::int64_t,
                                       std::int64_t);
template Traced<std::int64_t> chunks_in_flight(const Tracing&, std::int64_t, std::int64_t,
                                               std::int64_t, std::int64_t);

PipelineTime pipeline_time(std::span<const StageTime> stages, std::int64_t micro_batches,
                           std::int64_t chunks, Seconds hand_over) {
  return pipeline_time(Plain{}, stages, micro_batches, chunks, hand_over);
}

std::int64_t chunks_in_flight(std::int64_t stages, std::int64_t stage, std::int64_t micro_batches,
                              std::int64_t chunks) {
  return chunks_in_flight(Plain{}, stages, stage, micro_batches, chunks);
}

}  // namespace seqspan::sim
