#include "sim/engine/uneven_pipeline.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "sim/engine/pipeline_time.hpp"

namespace seqspan::sim {
namespace {

constexpr auto kOne = [](std::size_t /*stage*/, std::int64_t /*micro_batch*/) { return 1.0; };
constexpr auto kTwo = [](std::size_t /*stage*/, std::int64_t /*micro_batch*/) { return 2.0; };

// p = 4, f = 1, b = 2, m = 8: (m + p - 1)(f + b) = 33; interleaved over 3 chunks
// m (f + b) + (p - 1)(f + b) / v = 27 (arXiv 2104.04473, section 2.2).
TEST(UnevenPipeline, EqualMicroBatchesFollowTheClosedForms) {
  InterleavedOrder orders;
  UnevenPipeline pipeline;
  EXPECT_DOUBLE_EQ(pipeline.step(4, 8, Seconds(0), kOne, kTwo), 33);
  EXPECT_DOUBLE_EQ(pipeline.step(1, 8, Seconds(0), kOne, kTwo), 24);
  EXPECT_NEAR(pipeline.interleaved(orders, 4, 3, 8, Seconds(0), kOne, kTwo), 27, 1e-9);
}

// 2 stages, f = b = x_j, x = {1, 3}. Stage 0: F0 0-1, F1 1-4, B0, B1; stage 1: F0 1-2, B0 2-3,
// F1 4-7, B1 7-10. Stage 0: B0 4-5, B1 10-13.
TEST(UnevenPipeline, ByHand) {
  const std::vector<double> times{1, 3};
  const auto of = [&](std::size_t, std::int64_t j) { return times[static_cast<std::size_t>(j)]; };
  EXPECT_DOUBLE_EQ(UnevenPipeline().step(2, 2, Seconds(0), of, of), 13);
}

// Every task by its definition: the order of its stage, and what it waits for.
double brute_force(const std::vector<std::vector<double>>& forward,
                   const std::vector<std::vector<double>>& backward, double x) {
  const std::size_t p = forward.size();
  const std::size_t m = forward.front().size();
  std::vector<std::vector<double>> f(p, std::vector<double>(m, -1));
  auto b = f;
  std::vector<double> free(p, 0);
  std::vector<std::size_t> turn(p, 0);
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t i = 0; i < p; ++i) {
      const std::size_t ahead = std::min(m, p - 1 - i);
      while (turn[i] < 2 * m) {
        const std::size_t k = turn[i];
        const std::size_t later = k < ahead ? 0 : k - ahead;
        const bool is_forward = k < ahead || (later < 2 * (m - ahead) && later % 2 == 0);
        const std::size_t j = k < ahead                  ? k
                              : later >= 2 * (m - ahead) ? k - m
                              : is_forward               ? ahead + later / 2
                                                         : later / 2;
        double ready = 0;
        if (is_forward && i > 0) ready = f[i - 1][j] < 0 ? -1 : f[i - 1][j] + x;
        if (!is_forward) ready = i + 1 < p ? (b[i + 1][j] < 0 ? -1 : b[i + 1][j] + x) : f[i][j];
        if (ready < 0) break;
        free[i] = std::max(free[i], ready) + (is_forward ? forward : backward)[i][j];
        (is_forward ? f : b)[i][j] = free[i];
        ++turn[i];
        progress = true;
      }
    }
  }
  return *std::max_element(free.begin(), free.end());
}

RC_GTEST_PROP(UnevenPipeline, IsEveryTaskInItsOrder, ()) {
  const auto p = *rc::gen::inRange<std::size_t>(1, 7);
  const auto m = *rc::gen::inRange<std::size_t>(1, 20);
  const double x = *rc::gen::inRange(0, 4) * 0.25;
  const auto times = [&] {
    std::vector<std::vector<double>> result(p, std::vector<double>(m));
    for (auto& stage : result) {
      for (double& time : stage) time = *rc::gen::inRange(1, 9) * 0.5;
    }
    return result;
  };
  const auto forward = times();
  const auto backward = times();
  const auto of = [](const std::vector<std::vector<double>>& all) {
    return [&all](std::size_t i, std::int64_t j) { return all[i][static_cast<std::size_t>(j)]; };
  };
  const double step =
      UnevenPipeline().step(static_cast<std::int64_t>(p), static_cast<std::int64_t>(m), Seconds(x),
                            of(forward), of(backward));
  RC_ASSERT(std::abs(step - brute_force(forward, backward, x)) < 1e-9);
}

// No stage does less than its own work, and interleaving equal micro-batches never beats the
// closed form, which lets hand-overs run under compute.
RC_GTEST_PROP(UnevenPipeline, InterleavedIsNoFasterThanItsWork, ()) {
  const auto p = *rc::gen::inRange<std::int64_t>(2, 5);
  const auto v = *rc::gen::inRange<std::int64_t>(2, 4);
  const std::int64_t m = p * *rc::gen::inRange<std::int64_t>(1, 4);
  std::vector<double> times(static_cast<std::size_t>(m));
  for (double& time : times) time = *rc::gen::inRange(1, 9) * 0.5;
  const auto of = [&](std::size_t, std::int64_t j) { return times[static_cast<std::size_t>(j)]; };
  InterleavedOrder orders;
  const double step = UnevenPipeline().interleaved(orders, p, v, m, Seconds(0), of, of);
  RC_ASSERT(step >= 2 * std::accumulate(times.begin(), times.end(), 0.0) - 1e-9);
  const StageTime stage{p, Seconds(1), Seconds(2)};
  const double closed = pipeline_time({&stage, 1}, m, v, Seconds(0)).total.value();
  const double even = UnevenPipeline().interleaved(orders, p, v, m, Seconds(0), kOne, kTwo);
  RC_ASSERT(std::abs(even - closed) < 1e-9);
}

// Each of several pipelines at once takes as long as alone, to the last digit; also where orders
// were found before, others in between, and where one is too long to be kept.
RC_GTEST_PROP(UnevenPipeline, LanesAreAsEachIsAlone, ()) {
  static InterleavedOrder orders;
  static UnevenPipelineOf<Lanes> lanes;
  const auto p = *rc::gen::inRange<std::size_t>(2, 5);
  const auto v = *rc::gen::inRange<std::size_t>(1, 5);
  const std::size_t m =
      p * *rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 6), rc::gen::just<std::size_t>(2048));
  const double x = *rc::gen::inRange(0, 50) * 0.1;
  const auto seed = *rc::gen::arbitrary<std::uint32_t>();
  const auto time = [&](std::size_t kind, std::size_t i, std::size_t j, std::size_t lane) {
    const std::size_t mixed = (kind * 31 + i * 7 + j * 13 + lane * 101 + seed % 1009) * 2654435761U;
    return 1.0 + static_cast<double>(mixed % 1000) / 300.0;
  };
  const auto of = [&](std::size_t kind) {
    return [&, kind](std::size_t i, std::int64_t j) {
      Lanes all;
      for (std::size_t lane = 0; lane < Lanes::kCount; ++lane) {
        all.at[lane] = time(kind, i, static_cast<std::size_t>(j), lane);
      }
      return all;
    };
  };
  const auto stages = static_cast<std::int64_t>(p);
  const auto chunks = static_cast<std::int64_t>(v);
  const auto micro_batches = static_cast<std::int64_t>(m);
  const Lanes together =
      v > 1 ? lanes.interleaved(orders, stages, chunks, micro_batches, Seconds(x), of(0), of(1))
            : lanes.step(stages, micro_batches, Seconds(x), of(0), of(1));
  for (std::size_t lane = 0; lane < Lanes::kCount; ++lane) {
    const auto alone = [&](std::size_t kind) {
      return [&, kind](std::size_t i, std::int64_t j) {
        return time(kind, i, static_cast<std::size_t>(j), lane);
      };
    };
    InterleavedOrder own_orders;
    UnevenPipeline pipeline;
    const double step = v > 1
                            ? pipeline.interleaved(own_orders, stages, chunks, micro_batches,
                                                   Seconds(x), alone(0), alone(1))
                            : pipeline.step(stages, micro_batches, Seconds(x), alone(0), alone(1));
    RC_ASSERT(together.at[lane] == step);
  }
}

// The bound that searches stop by, for stages of any times and hand-overs.
RC_GTEST_PROP(UnevenPipeline, IsNeverLongerThanEqualStagesThatHoldWhatTheyHandOver, ()) {
  const auto p = *rc::gen::inRange<std::size_t>(2, 7);
  const auto v = *rc::gen::inRange<std::int64_t>(1, 5);
  const auto m = static_cast<std::int64_t>(p) * *rc::gen::inRange<std::int64_t>(1, 5);
  const auto times = *rc::gen::container<std::vector<int>>(2 * p, rc::gen::inRange(1, 100));
  const double x = *rc::gen::inRange(0, 50);
  const auto forward = [&](std::size_t i, std::int64_t) { return 1.0 * times[i]; };
  const auto backward = [&](std::size_t i, std::int64_t) { return 1.0 * times[p + i]; };
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(p);
  const double both =
      1.0 * *std::max_element(times.begin(), middle) + 1.0 * *std::max_element(middle, times.end());
  const auto chunks = static_cast<double>(v);
  const double longest =
      longest_pipeline(static_cast<std::int64_t>(p), v, m, both / chunks + 2 * x);
  InterleavedOrder orders;
  UnevenPipeline pipeline;
  const auto stages = static_cast<std::int64_t>(p);
  const double step =
      v == 1 ? pipeline.step(stages, m, Seconds(x), forward, backward)
             : pipeline.interleaved(orders, stages, v, m, Seconds(x), forward, backward);
  RC_ASSERT(step <= longest * (1 + 1e-12));
}

}  // namespace
}  // namespace seqspan::sim
