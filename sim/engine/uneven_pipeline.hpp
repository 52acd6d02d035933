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

class UnevenPipeline {
 public:
  // forward(i, j), backward(i, j): seconds of micro-batch j on stage i.
  template <class Forward, class Backward>
  [[nodiscard]] double step(std::int64_t stages, std::int64_t micro_batches, Seconds hand_over,
                            const Forward& forward, const Backward& backward) {
    const auto p = static_cast<std::size_t>(stages);
    const double x = hand_over.value();
    free_.assign(p, 0.0);
    backward_end_.assign(p, 0.0);
    // Round n: stage i runs the backward of micro-batch n - p + i, then the forward of n. What a
    // backward waits for, the stage behind, was done one round before; what a forward waits for,
    // the stage in front, in this round.
    for (std::int64_t n = 0; n < micro_batches + stages; ++n) {
      double arrived = 0;
      for (std::size_t i = 0; i < p; ++i) {
        const std::int64_t returning = n - stages + static_cast<std::int64_t>(i);
        if (returning >= 0 && returning < micro_batches) {
          const double ready = i + 1 < p ? backward_end_[i + 1] + x : 0;
          free_[i] = std::max(free_[i], ready) + backward(i, returning);
          backward_end_[i] = free_[i];
        }
        if (n < micro_batches) {
          free_[i] = std::max(free_[i], arrived) + forward(i, n);
          arrived = free_[i] + x;
        }
      }
    }
    return free_.front();
  }

  template <class Forward, class Backward>
  [[nodiscard]] double interleaved(std::int64_t stages, std::int64_t chunks,
                                   std::int64_t micro_batches, Seconds hand_over,
                                   const Forward& forward, const Backward& backward) {
    const auto p = static_cast<std::size_t>(stages);
    const auto v = static_cast<std::size_t>(chunks);
    const auto m = static_cast<std::size_t>(micro_batches);
    const double x = hand_over.value();
    const double share = 1 / static_cast<double>(chunks);
    free_.assign(p, 0.0);
    done_.assign(p, 0);
    forward_end_.assign(v * p * m, kNever);
    backward_end_.assign(v * p * m, kNever);
    // Of the n-th forward, or backward, of any stage.
    place_.resize(m * v);
    batch_.resize(m * v);
    for (std::size_t n = 0; n < m * v; ++n) {
      place_[n] = n % (p * v) / p;
      batch_[n] = n / (p * v) * p + n % p;
    }
    // The model as a line of v p pieces; piece c p + i is chunk c of stage i.
    for (bool progress = true; progress;) {
      progress = false;
      for (std::size_t i = 0; i < p; ++i) {
        const std::size_t ahead = std::min(m * v, 2 * (p - 1 - i) + (v - 1) * p);
        for (; done_[i] < 2 * m * v; ++done_[i]) {
          const Turn turn = turn_of(done_[i], ahead, m * v);
          const std::size_t place = place_[turn.number];
          const std::size_t chunk = turn.is_forward ? place : v - 1 - place;
          const std::size_t j = batch_[turn.number];
          const std::size_t piece = chunk * p + i;
          const std::size_t at = piece * m + j;
          double ready = 0;
          if (turn.is_forward && piece > 0) ready = forward_end_[at - m] + x;
          if (!turn.is_forward) {
            ready = piece + 1 < v * p ? backward_end_[at + m] + x : forward_end_[at];
          }
          if (ready >= kNever) break;
          const auto batch = static_cast<std::int64_t>(j);
          free_[i] = std::max(free_[i], ready) +
                     share * (turn.is_forward ? forward(i, batch) : backward(i, batch));
          (turn.is_forward ? forward_end_ : backward_end_)[at] = free_[i];
          progress = true;
        }
      }
    }
    return *std::max_element(free_.begin(), free_.end());
  }

 private:
  static constexpr double kNever = 1e300;

  struct Turn {
    bool is_forward = true;
    std::size_t number = 0;  // of the forwards, or of the backwards
  };
  // The turns of a stage: those ahead, then forward and backward in turn, then the rest.
  static Turn turn_of(std::size_t turn, std::size_t ahead, std::size_t all) {
    if (turn < ahead) return {true, turn};
    const std::size_t later = turn - ahead;
    if (later < 2 * (all - ahead))
      return {later % 2 == 0, later % 2 == 0 ? ahead + later / 2 : later / 2};
    return {false, turn - all};
  }

  std::vector<double> free_;         // by stage
  std::vector<std::size_t> done_;    // turns, by stage
  std::vector<std::size_t> place_;   // among chunks, by forward or backward of a stage
  std::vector<std::size_t> batch_;   // likewise its micro-batch
  std::vector<double> forward_end_;  // by piece and micro-batch
  // Of the micro-batch that came back last, by stage; interleaved as forward_end_.
  std::vector<double> backward_end_;
};

}  // namespace seqspan::sim
