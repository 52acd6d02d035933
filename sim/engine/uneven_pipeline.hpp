// The time of a pipeline whose micro-batches differ: every micro-batch on every stage.
//
// Stage i of p runs min(m, p - 1 - i) forwards ahead, then one forward and one backward in turn;
// x is one hand-over. With equal micro-batches it is what pipeline_time.hpp has a closed form for.
//
// Interleaved, with v chunks per stage of a v-th of its layers each: stage i runs
// min(m v, 2 (p - 1 - i) + (v - 1) p) chunks ahead, p micro-batches through one chunk before the
// next; the last chunk of the last stage is followed by the first of the first. m is a multiple of
// p. Source: Megatron-LM core/pipeline_parallel/schedules.py
// forward_backward_pipelining_with_interleaving.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "sim/units/units.hpp"

namespace seqspan::sim {

// No pipeline of either kind takes longer whose stages take at most `both` seconds for forward and
// backward of one chunk, hand-overs added to each: a stage that holds a chunk until it has arrived
// is no faster. Without hand-overs of their own equal stages are never idle between the first
// forward and the last backward of a micro-batch, but for the ramp of p - 1 chunks (Narayanan et
// al., arXiv 2104.04473, section 2.2).
[[nodiscard]] inline double longest_pipeline(std::int64_t stages, std::int64_t chunks,
                                             std::int64_t micro_batches, double both) {
  return static_cast<double>(micro_batches * chunks + stages - 1) * both;
}

// Times of pipelines that are alike in all but their times. In one alone every task waits for the
// one before; the tasks of several fill that wait. Each has the same times as it has alone.
struct Lanes {
  static constexpr std::size_t kCount = 4;
  std::array<double, kCount> at{};

  [[nodiscard]] friend Lanes operator+(Lanes a, const Lanes& b) {
    for (std::size_t i = 0; i < kCount; ++i) a.at[i] += b.at[i];
    return a;
  }
  [[nodiscard]] friend Lanes operator+(Lanes a, double b) {
    for (double& value : a.at) value += b;
    return a;
  }
  [[nodiscard]] friend Lanes operator*(double factor, Lanes a) {
    for (double& value : a.at) value = factor * value;
    return a;
  }
  [[nodiscard]] friend Lanes latest(Lanes a, const Lanes& b) {
    for (std::size_t i = 0; i < kCount; ++i) a.at[i] = std::max(a.at[i], b.at[i]);
    return a;
  }
};
[[nodiscard]] inline double latest(double a, double b) { return std::max(a, b); }

// The tasks of interleaved pipelines, each after those that it waits for, whatever they take.
class InterleavedOrder {
 public:
  // Forward of micro-batch j through piece c p + i, chunk c of stage i in the model as a line of
  // v p pieces: index (c p + i) m + j; its backward v p m after it.
  struct Task {
    std::uint32_t index = 0;
    std::uint32_t after = 0;  // 2 v p m: nothing
    std::uint32_t batch = 0;
    std::uint16_t stage = 0;
    bool is_forward = true;
    bool is_handed_over = false;  // from another stage
  };

  // The order for p stages of v chunks and m micro-batches. Those that were asked for last are
  // kept, and what is returned until the next call.
  [[nodiscard]] const std::vector<Task>& of(std::size_t p, std::size_t v, std::size_t m);

 private:
  static constexpr std::size_t kKept = 8;
  static constexpr std::size_t kMostKept = std::size_t{1} << 16U;  // tasks of each; else one only
  struct Order {
    std::array<std::size_t, 3> sizes{};
    std::vector<Task> tasks;
  };
  struct Turn {
    bool is_forward = true;
    std::size_t number = 0;  // of the forwards, or of the backwards
  };
  [[nodiscard]] static Turn turn_of(std::size_t turn, std::size_t ahead, std::size_t all);

  void find(Order& order);

  std::array<Order, kKept> kept_;  // the last one in front
  Order large_;
  std::vector<std::size_t> turns_;  // done, by stage
  std::vector<bool> is_done_;       // by index
};

// Time: of one pipeline (double), or of several (Lanes).
template <class Time>
class UnevenPipelineOf {
 public:
  // forward(i, j), backward(i, j): seconds of micro-batch j on stage i.
  template <class Forward, class Backward>
  [[nodiscard]] Time step(std::int64_t stages, std::int64_t micro_batches, Seconds hand_over,
                          const Forward& forward, const Backward& backward) {
    const auto p = static_cast<std::size_t>(stages);
    const double x = hand_over.value();
    free_.assign(p, Time{});
    backward_end_.assign(p, Time{});
    // Round n: stage i runs the backward of micro-batch n - p + i, then the forward of n. What a
    // backward waits for, the stage behind, was done one round before; what a forward waits for,
    // the stage in front, in this round.
    for (std::int64_t n = 0; n < micro_batches + stages; ++n) {
      Time arrived{};
      for (std::size_t i = 0; i < p; ++i) {
        const std::int64_t returning = n - stages + static_cast<std::int64_t>(i);
        if (returning >= 0 && returning < micro_batches) {
          const Time ready = i + 1 < p ? backward_end_[i + 1] + x : Time{};
          free_[i] = latest(free_[i], ready) + backward(i, returning);
          backward_end_[i] = free_[i];
        }
        if (n < micro_batches) {
          free_[i] = latest(free_[i], arrived) + forward(i, n);
          arrived = free_[i] + x;
        }
      }
    }
    return free_.front();
  }

  template <class Forward, class Backward>
  [[nodiscard]] Time interleaved(InterleavedOrder& orders, std::int64_t stages, std::int64_t chunks,
                                 std::int64_t micro_batches, Seconds hand_over,
                                 const Forward& forward, const Backward& backward) {
    const auto p = static_cast<std::size_t>(stages);
    const auto v = static_cast<std::size_t>(chunks);
    const auto m = static_cast<std::size_t>(micro_batches);
    const std::vector<InterleavedOrder::Task>& tasks = orders.of(p, v, m);
    const double x = hand_over.value();
    const double share = 1 / static_cast<double>(chunks);
    free_.assign(p, Time{});
    ends_.resize(2 * v * p * m + 1);
    ends_.back() = Time{};
    for (const InterleavedOrder::Task& task : tasks) {
      const Time ready = ends_[task.after] + (task.is_handed_over ? x : 0);
      const auto batch = static_cast<std::int64_t>(task.batch);
      Time& free = free_[task.stage];
      free = latest(free, ready) +
             share * (task.is_forward ? forward(task.stage, batch) : backward(task.stage, batch));
      ends_[task.index] = free;
    }
    Time last{};
    for (const Time& free : free_) last = latest(last, free);
    return last;
  }

 private:
  std::vector<Time> free_;          // by stage
  std::vector<Time> backward_end_;  // of the micro-batch that came back last, by stage
  std::vector<Time> ends_;          // by InterleavedOrder's indices
};

using UnevenPipeline = UnevenPipelineOf<double>;

}  // namespace seqspan::sim
