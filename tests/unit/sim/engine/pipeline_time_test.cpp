#include "sim/engine/pipeline_time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace seqspan::sim {
namespace {

// Every micro-batch on every stage, in 1F1B order: min(m, p-1-i) warm-up forwards, then one forward
// and one backward in turn, then the rest of the backwards. A hand-over of x lies between stages.
double simulate_1f1b(const std::vector<StageTime>& stages, std::int64_t m, double x) {
  const auto p = static_cast<std::int64_t>(stages.size());
  struct Task {
    bool forward;
    std::int64_t micro_batch;
  };
  std::vector<std::vector<Task>> order(stages.size());
  for (std::int64_t i = 0; i < p; ++i) {
    auto& tasks = order[static_cast<std::size_t>(i)];
    const std::int64_t warm_up = std::min(m, p - 1 - i);
    std::int64_t next_forward = 0;
    std::int64_t next_backward = 0;
    while (next_forward < warm_up) tasks.push_back({true, next_forward++});
    while (next_forward < m) {
      tasks.push_back({true, next_forward++});
      tasks.push_back({false, next_backward++});
    }
    while (next_backward < m) tasks.push_back({false, next_backward++});
  }
  const double unknown = -1;
  std::vector<std::vector<double>> forward_end(
      stages.size(), std::vector<double>(static_cast<std::size_t>(m), unknown));
  auto backward_end = forward_end;
  std::vector<std::size_t> position(stages.size(), 0);
  std::vector<double> free(stages.size(), 0.0);
  double end = 0;
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      while (position[i] < order[i].size()) {
        const Task task = order[i][position[i]];
        const auto j = static_cast<std::size_t>(task.micro_batch);
        double ready = 0;
        if (task.forward && i > 0) {
          if (forward_end[i - 1][j] == unknown) break;
          ready = forward_end[i - 1][j] + x;
        }
        if (!task.forward) {
          if (i + 1 < stages.size()) {
            if (backward_end[i + 1][j] == unknown) break;
            ready = backward_end[i + 1][j] + x;
          } else {
            ready = forward_end[i][j];
          }
        }
        const double work = (task.forward ? stages[i].forward : stages[i].backward).value();
        free[i] = std::max(free[i], ready) + work;
        (task.forward ? forward_end : backward_end)[i][j] = free[i];
        end = std::max(end, free[i]);
        ++position[i];
        progress = true;
      }
    }
  }
  return end;
}

// p = 4 equal stages, f = 1, b = 2, m = 8: (m + p - 1)(f + b) = 33; the bubble is (p - 1)(f + b)
// = 9.
TEST(PipelineTime, EqualStagesFollowTheClosedForm) {
  const std::vector<StageTime> stages{{4, Seconds(1), Seconds(2)}};
  const PipelineTime time = pipeline_time(stages, 8, 1, Seconds(0));
  EXPECT_DOUBLE_EQ(time.total.value(), 33.0);
  EXPECT_DOUBLE_EQ(time.bubble.value(), 9.0);
  const std::vector<StageTime> each(4, StageTime{1, Seconds(1), Seconds(2)});
  EXPECT_DOUBLE_EQ(simulate_1f1b(each, 8, 0.0), 33.0);
}

// Interleaving divides the ramp by v: 8 x 3 + (p - 1)(f + b) / v = 24 + 9 / 3.
TEST(PipelineTime, InterleavingDividesTheRamp) {
  const std::vector<StageTime> stages{{4, Seconds(1), Seconds(2)}};
  EXPECT_DOUBLE_EQ(pipeline_time(stages, 8, 3, Seconds(0)).total.value(), 27.0);
}

// Hand-overs cost 2x (p-1)/p per micro-batch in the steady state: p = 4, x = 0.1.
TEST(PipelineTime, HandOversSlowTheSteadyState) {
  const std::vector<StageTime> each(4, StageTime{1, Seconds(1), Seconds(2)});
  const std::vector<StageTime> stages{{4, Seconds(1), Seconds(2)}};
  const double simulated = simulate_1f1b(each, 400, 0.1) - simulate_1f1b(each, 200, 0.1);
  EXPECT_NEAR(simulated / 200.0, 3.0 + 2 * 0.1 * 3.0 / 4.0, 1e-9);
  const double formula = (pipeline_time(stages, 400, 1, Seconds(0.1)).total -
                          pipeline_time(stages, 200, 1, Seconds(0.1)).total)
                             .value();
  EXPECT_NEAR(formula, simulated, 1e-9);
}

// Never faster than the simulation of every micro-batch, and at most two slots of the busiest stage
// slower: the formula adds the ramp of every stage to a rhythm that unequal stages reach a little
// earlier.
RC_GTEST_PROP(PipelineTime, BracketsASimulationOfEveryMicroBatch, ()) {
  const auto p = *rc::gen::inRange<std::int64_t>(1, 9);
  const auto m = *rc::gen::inRange<std::int64_t>(1, 40);
  const double x = *rc::gen::inRange(0, 5) * 0.05;
  const auto time = [] { return Seconds(*rc::gen::inRange(8, 13) * 0.1); };
  const StageTime first{1, time(), 2.0 * time()};
  const StageTime middle{std::max<std::int64_t>(p - 2, 1), time(), 2.0 * time()};
  const StageTime last{1, time(), 2.0 * time()};
  std::vector<StageTime> classes{first};
  if (p > 2) classes.push_back(middle);
  if (p > 1) classes.push_back(last);
  std::vector<StageTime> each;
  Seconds busiest(0);
  for (const StageTime& stage : classes) {
    for (std::int64_t i = 0; i < stage.count; ++i)
      each.push_back({1, stage.forward, stage.backward});
    busiest = std::max(busiest, stage.both());
  }
  const double formula = pipeline_time(classes, m, 1, Seconds(x)).total.value();
  const double simulated = simulate_1f1b(each, m, x);
  RC_ASSERT(formula >= simulated - 1e-9);
  RC_ASSERT(formula <= simulated + 2.0 * busiest.value() + 1e-9);
}

// Megatron-LM schedules.py: stage 0 of 4 with 8 micro-batches holds 4; interleaved with 2 chunks
// 2 (4 - 0 - 1) + (2 - 1) 4 + 1 = 11 chunks.
TEST(PipelineTime, ChunksInFlight) {
  EXPECT_EQ(chunks_in_flight(4, 0, 8, 1), 4);
  EXPECT_EQ(chunks_in_flight(4, 3, 8, 1), 1);
  EXPECT_EQ(chunks_in_flight(4, 0, 2, 1), 2);
  EXPECT_EQ(chunks_in_flight(4, 0, 8, 2), 11);
  EXPECT_EQ(chunks_in_flight(4, 0, 4, 2), 8);
}

}  // namespace
}  // namespace seqspan::sim
