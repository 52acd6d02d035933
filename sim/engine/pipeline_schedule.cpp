#include "sim/engine/pipeline_schedule.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace seqspan::sim {
namespace {

constexpr double kUnknown = -1;

class Schedule {
 public:
  Schedule(std::int64_t stages, std::int64_t micro_batches, std::int64_t chunks, double hand_over)
      : p_(stages),
        m_(micro_batches),
        v_(chunks),
        x_(hand_over),
        ends_(static_cast<std::size_t>(2 * p_ * m_ * v_), kUnknown),
        by_stage_(static_cast<std::size_t>(p_)) {
    for (std::int64_t i = 0; i < p_; ++i) order(i);
  }

  std::vector<std::vector<PipelineSlot>> run(const SlotDurations& durations) {
    std::vector<std::size_t> next(by_stage_.size(), 0);
    for (bool progress = true; progress;) {
      progress = false;
      for (std::size_t i = 0; i < by_stage_.size(); ++i) {
        auto& slots = by_stage_[i];
        for (; next[i] < slots.size(); ++next[i], progress = true) {
          PipelineSlot& slot = slots[next[i]];
          const auto stage = static_cast<std::int64_t>(i);
          const double ready = arrival(stage, slot);
          if (ready == kUnknown) break;
          slot.start = std::max(ready, next[i] == 0 ? 0.0 : slots[next[i] - 1].end);
          slot.end = slot.start + durations.of(stage, slot);
          end_of(stage, slot) = slot.end;
        }
      }
    }
    mark_critical();
    return std::move(by_stage_);
  }

 private:
  // The n-th chunk that a stage takes up: micro-batches in groups of p, chunk after chunk.
  [[nodiscard]] PipelineSlot chunk_at(std::int64_t n, bool forward) const {
    const std::int64_t group = v_ == 1 ? n : n / (p_ * v_);
    const std::int64_t first = v_ == 1 ? n : group * p_;
    const std::int64_t size = v_ == 1 ? 1 : std::min(p_, m_ - first);
    const std::int64_t within = v_ == 1 ? 0 : n - group * p_ * v_;
    PipelineSlot slot;
    slot.micro_batch = first + within % size;
    slot.chunk = forward ? within / size : v_ - 1 - within / size;
    slot.forward = forward;
    return slot;
  }

  void order(std::int64_t stage) {
    auto& slots = by_stage_[static_cast<std::size_t>(stage)];
    const std::int64_t total = m_ * v_;
    const std::int64_t warm_up =
        std::min(total, v_ == 1 ? p_ - 1 - stage : 2 * (p_ - stage - 1) + (v_ - 1) * p_);
    std::int64_t forward = 0;
    std::int64_t backward = 0;
    const auto add = [&](bool is_forward) {
      PipelineSlot slot = chunk_at(is_forward ? forward : backward, is_forward);
      slot.waiting = forward - backward - (is_forward ? 0 : 1);
      ++(is_forward ? forward : backward);
      slots.push_back(slot);
    };
    while (forward < warm_up) add(true);
    while (forward < total) {
      add(true);
      add(false);
    }
    while (backward < total) add(false);
  }

  // What a slot waits for on another stage, or on its own for the forward before its backward.
  struct Source {
    std::int64_t stage = -1;
    PipelineSlot slot;
    bool handed_over = false;
  };
  [[nodiscard]] Source source_of(std::int64_t stage, const PipelineSlot& slot) const {
    Source source{-1, slot, p_ > 1};
    if (slot.forward) {
      if (stage > 0) {
        source.stage = stage - 1;
      } else if (slot.chunk > 0) {
        source.stage = p_ - 1;
        source.slot.chunk = slot.chunk - 1;
      }
      return source;
    }
    if (stage + 1 < p_) {
      source.stage = stage + 1;
    } else if (slot.chunk + 1 < v_) {
      source.stage = 0;
      source.slot.chunk = slot.chunk + 1;
    } else {
      source = {stage, slot, false};
      source.slot.forward = true;
    }
    return source;
  }

  // When it has come over; kUnknown before the source has run.
  [[nodiscard]] double arrival(std::int64_t stage, const PipelineSlot& slot) {
    const Source source = source_of(stage, slot);
    if (source.stage < 0) return 0;
    const double end = end_of(source.stage, source.slot);
    return end == kUnknown ? kUnknown : end + (source.handed_over ? x_ : 0);
  }

  [[nodiscard]] double& end_of(std::int64_t stage, const PipelineSlot& slot) {
    const std::int64_t index =
        ((stage * m_ + slot.micro_batch) * v_ + slot.chunk) * 2 + (slot.forward ? 1 : 0);
    return ends_[static_cast<std::size_t>(index)];
  }

  [[nodiscard]] std::pair<std::int64_t, std::size_t> find(const Source& source) const {
    const auto& slots = by_stage_[static_cast<std::size_t>(source.stage)];
    const auto found = std::find_if(slots.begin(), slots.end(), [&](const PipelineSlot& slot) {
      return slot.micro_batch == source.slot.micro_batch && slot.chunk == source.slot.chunk &&
             slot.forward == source.slot.forward;
    });
    return {source.stage, static_cast<std::size_t>(found - slots.begin())};
  }

  // Backwards from the slot that ends last: to the one whose end it started at.
  void mark_critical() {
    std::int64_t stage = 0;
    for (std::int64_t i = 1; i < p_; ++i) {
      if (last_of(i).end > last_of(stage).end) stage = i;
    }
    std::size_t index = by_stage_[static_cast<std::size_t>(stage)].size() - 1;
    for (;;) {
      auto& slots = by_stage_[static_cast<std::size_t>(stage)];
      PipelineSlot& slot = slots[index];
      slot.critical = true;
      if (slot.start <= 0) return;
      if (index > 0 && slots[index - 1].end == slot.start) {
        --index;
      } else {
        std::tie(stage, index) = find(source_of(stage, slot));
      }
    }
  }
  [[nodiscard]] const PipelineSlot& last_of(std::int64_t stage) const {
    return by_stage_[static_cast<std::size_t>(stage)].back();
  }

  std::int64_t p_;
  std::int64_t m_;
  std::int64_t v_;
  double x_;
  std::vector<double> ends_;
  std::vector<std::vector<PipelineSlot>> by_stage_;
};

}  // namespace

std::vector<std::vector<PipelineSlot>> pipeline_schedule(std::int64_t stages,
                                                         std::int64_t micro_batches,
                                                         std::int64_t chunks, Seconds hand_over,
                                                         const SlotDurations& durations) {
  return Schedule(stages, micro_batches, chunks, hand_over.value()).run(durations);
}

}  // namespace seqspan::sim
