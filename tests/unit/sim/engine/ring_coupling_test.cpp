// One rank's program stands for a whole ring: the time of the last rank equals a simulation of all
// ranks that wait for each other.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/engine/schedule_clock.hpp"
#include "sim/lower/attention/causal_work.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

// Every rank posts hop i with the start of step i, once its own step i-1 is done and hop i-1 has
// brought its keys; a transfer starts when sender and receiver have posted it. Keys of step i come
// with hop i-1. Returns when the last rank is done.
double simulate_all_ranks(RingOrder order, std::int64_t ring, std::int64_t tokens,
                          double seconds_per_pair, double hop) {
  const auto size = static_cast<std::size_t>(ring);
  std::vector<double> start(size, 0.0);
  double end = 0;
  for (std::int64_t step = 0; step < ring; ++step) {
    std::vector<double> computed(size);
    std::vector<double> arrived(size, 0.0);
    for (std::int64_t rank = 0; rank < ring; ++rank) {
      const auto r = static_cast<std::size_t>(rank);
      const auto pairs = ring_hop_pairs(order, tokens, rank, step);
      computed[r] = start[r] + seconds_per_pair * static_cast<double>(pairs);
      end = std::max(end, computed[r]);
      if (step + 1 < ring) {
        const auto from = static_cast<std::size_t>((rank + ring - 1) % ring);
        arrived[r] = std::max(start[r], start[from]) + hop;
      }
    }
    for (std::size_t r = 0; r < size; ++r) start[r] = std::max(computed[r], arrived[r]);
  }
  return end;
}

// The forward of ring attention alone, as the lowering writes it, with given durations.
double clock_last_rank(RingOrder order, std::int64_t ring, std::int64_t tokens,
                       double seconds_per_pair, double hop) {
  Job job = tests::make_job("Llama-3-8B", Framework::kYunchang, 1, ring * tokens, 1);
  Layout layout;
  layout.ring = ring;
  layout.ring_order = order;
  Program program;
  lower(job, layout, program);
  std::vector<Seconds> durations;
  for (const Op& op : program.ops) {
    double seconds = 0;
    if (const auto* attention = std::get_if<AttentionWork>(&op.work)) {
      seconds = seconds_per_pair * static_cast<double>(attention->pairs);
    }
    if (const auto* work = std::get_if<Communication>(&op.work)) {
      if (work->axis == Axis::kRing) seconds = hop;
    }
    durations.emplace_back(seconds);
  }
  ScheduleClock clock;
  clock.begin(program, durations);
  clock.restart({});
  clock.run(program.blocks[tests::part_named(program, "layer").forward], 1);
  return clock.end().value();
}

RC_GTEST_PROP(RingCoupling, TheLastRankStandsForAll, ()) {
  const RingOrder order = *rc::gen::element(RingOrder::kContiguous, RingOrder::kZigzag);
  const auto ring = *rc::gen::inRange<std::int64_t>(2, 17);
  const std::int64_t tokens = 2 * *rc::gen::inRange<std::int64_t>(32, 512);
  // From hops that vanish to hops that dominate.
  const double hop = *rc::gen::inRange(0, 40) * 0.1 * static_cast<double>(tokens * tokens);
  const double all = simulate_all_ranks(order, ring, tokens, 1.0, hop);
  const double last = clock_last_rank(order, ring, tokens, 1.0, hop);
  RC_ASSERT(std::abs(all - last) <= 1e-9 * all);
}

// Without communication the contiguous order costs what its last rank works:
// (n(n+1)/2 + (r-1) n^2) pairs against s(s+1)/(2r) under zigzag; r = 8, n = 1024: 1.8742.
TEST(RingCoupling, ContiguousIsSlowerByItsLastRank) {
  const double contiguous = clock_last_rank(RingOrder::kContiguous, 8, 1024, 1.0, 0.0);
  const double zigzag = clock_last_rank(RingOrder::kZigzag, 8, 1024, 1.0, 0.0);
  EXPECT_DOUBLE_EQ(contiguous, 1024.0 * 1025 / 2 + 7.0 * 1024 * 1024);
  EXPECT_DOUBLE_EQ(zigzag, 8192.0 * 8193 / 2 / 8);
  EXPECT_NEAR(contiguous / zigzag, 2.0 - 1.0 / 8.0, 1e-3);
}

}  // namespace
}  // namespace seqspan::sim
