// What a Simulator remembers changes no answer: every layout of random jobs, in random order, some
// of them again, against a Simulator that remembers nothing, and for some against a fresh one.
#include "sim/engine/layout_readings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "planner/space.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "sim/spec/layout_text.hpp"
#include "tests/unit/planner/random_jobs.hpp"

namespace seqspan::planner {
namespace {

std::vector<sim::Layout> legal_layouts(const sim::Job& job, const AlsoSearch& also) {
  std::vector<sim::Layout> layouts;
  Space(job, also).for_each([&](const sim::Layout& layout) {
    if (!sim::broken_rule(job, layout)) layouts.push_back(layout);
  });
  return layouts;
}

void expect_equal(const sim::Evaluation& one, const sim::Evaluation& other) {
  EXPECT_EQ(one.peak, other.peak);
  EXPECT_EQ(one.host, other.host);
  EXPECT_EQ(one.fits, other.fits);
  EXPECT_EQ(one.step, other.step);
  EXPECT_EQ(one.bubble, other.bubble);
  EXPECT_EQ(one.imbalance, other.imbalance);
}

// The bounds and the step as a search asks for them.
struct InParts {
  sim::Evaluation evaluation;
  sim::Bytes least_peak;
  sim::Seconds least_step;
};

InParts in_parts(sim::Simulator& simulator, const sim::Layout& layout) {
  InParts parts;
  parts.evaluation = simulator.evaluate_memory(layout);
  parts.least_peak = simulator.least_peak();
  parts.least_step = simulator.least_step();
  simulator.evaluate_time(parts.evaluation);
  return parts;
}

// One set of places for each table: rows are forgotten all the time.
constexpr sim::ReadingCounts kFew{4, 4, 4};

TEST(Readings, ChangeNoAnswer) {
  tests::RandomJobs jobs;
  std::mt19937 random(7);
  const std::size_t also_count = kAlsoKeys.size();
  std::size_t layouts_seen = 0;
  std::size_t pipelines = 0;
  for (std::size_t i = 0; i < 150; ++i) {
    const sim::Job job = jobs.next();
    AlsoSearch also;
    if (i % 2 == 0) also.*kAlsoKeys[i / 2 % also_count].member = true;
    std::vector<sim::Layout> layouts = legal_layouts(job, also);
    std::shuffle(layouts.begin(), layouts.end(), random);
    if (layouts.size() > 200) layouts.resize(200);
    sim::Simulator forgets(job, sim::kNoReadings);
    sim::Simulator remembers(job);
    sim::Simulator remembers_few(job, kFew);
    for (std::size_t k = 0; k < 2 * layouts.size(); ++k) {
      const sim::Layout& layout =
          k < layouts.size() ? layouts[k] : layouts[random() % layouts.size()];
      SCOPED_TRACE(sim::to_string(layout));
      const InParts read = in_parts(forgets, layout);
      for (sim::Simulator* simulator : {&remembers, &remembers_few}) {
        if (random() % 2 == 0) {
          const InParts recalled = in_parts(*simulator, layout);
          expect_equal(recalled.evaluation, read.evaluation);
          EXPECT_EQ(recalled.least_peak, read.least_peak);
          EXPECT_EQ(recalled.least_step, read.least_step);
        } else {
          expect_equal(simulator->evaluate(layout, true), read.evaluation);
        }
      }
      if (k % 50 == 0) {
        expect_equal(sim::Simulator(job).evaluate(layout, true), read.evaluation);
        const sim::Simulation simulation = remembers.simulate(layout);
        EXPECT_EQ(simulation.peak.peak, read.evaluation.peak);
        EXPECT_EQ(simulation.time.step, read.evaluation.step);
      }
      ++layouts_seen;
      pipelines += layout.pp > 1 ? 1 : 0;
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(layouts_seen, 10'000U);
  EXPECT_GT(pipelines, 1'000U);
}

sim::LayoutKey numbered(std::uint64_t number) { return {{number, 0, 0, 0}}; }

// Four places are one set: what was asked for longest ago goes first.
TEST(BoundedTable, ForgetsWhatWasAskedForLongestAgo) {
  sim::BoundedTable<int> table(4, 2);
  for (std::uint64_t i = 1; i <= 4; ++i) table.put(numbered(i))[1] = static_cast<int>(i);
  ASSERT_NE(table.find(numbered(1)), nullptr);
  table.put(numbered(5))[1] = 5;
  EXPECT_EQ(table.find(numbered(2)), nullptr);
  for (const std::uint64_t kept : {1U, 3U, 4U, 5U}) {
    ASSERT_NE(table.find(numbered(kept)), nullptr);
    EXPECT_EQ(table.find(numbered(kept))[1], static_cast<int>(kept));
  }
  EXPECT_EQ(table.size(), 4U);
}

// A table grows with its rows and keeps them: of 2^12 rows in one of 2^16 places for four in 2^14
// sets hardly any meet four others.
TEST(BoundedTable, KeepsItsRowsWhenItGrows) {
  constexpr std::uint64_t kRows = 4096;
  sim::BoundedTable<std::uint64_t> table(1 << 16, 1);
  for (std::uint64_t i = 1; i <= kRows; ++i) {
    *table.put(numbered(i)) = i;
    // What was put last is found, whatever had to move for it.
    ASSERT_NE(table.find(numbered(i)), nullptr);
  }
  std::uint64_t found = 0;
  for (std::uint64_t i = 1; i <= kRows; ++i) {
    const std::uint64_t* row = table.find(numbered(i));
    if (row == nullptr) continue;
    ++found;
    EXPECT_EQ(*row, i);
  }
  EXPECT_GE(found, kRows - kRows / 100);
}

// Layouts that differ in any one key have keys that differ; what cannot be packed has none.
TEST(LayoutKey, KnowsEveryKey) {
  std::vector<sim::Layout> layouts(1);
  const auto add = [&](auto change) {
    sim::Layout layout;
    change(layout);
    layouts.push_back(layout);
  };
  for (std::int64_t sim::Layout::*degree :
       {&sim::Layout::tp, &sim::Layout::ulysses, &sim::Layout::ring, &sim::Layout::pp,
        &sim::Layout::vpp, &sim::Layout::ep, &sim::Layout::etp, &sim::Layout::dp,
        &sim::Layout::micro_batch, &sim::Layout::ulysses_in_node, &sim::Layout::ep_in_node,
        &sim::Layout::loss_chunks, &sim::Layout::mlp_chunks, &sim::Layout::head_groups}) {
    add([&](sim::Layout& layout) { layout.*degree = 2; });
    add([&](sim::Layout& layout) { layout.*degree = 65535; });
    sim::Layout large;
    large.*degree = std::int64_t{1} << 40;
    EXPECT_FALSE(sim::key_of(large).has_value());
  }
  add([](sim::Layout& layout) { layout.sequence_parallel = false; });
  add([](sim::Layout& layout) { layout.placement = sim::Placement::kRingInner; });
  add([](sim::Layout& layout) { layout.placement = sim::Placement::kPipelineInner; });
  add([](sim::Layout& layout) { layout.kv_exchange = sim::KvExchange::kAllGather; });
  add([](sim::Layout& layout) { layout.ring_order = sim::RingOrder::kStriped; });
  add([](sim::Layout& layout) { layout.recompute = sim::Recompute::kFull; });
  add([](sim::Layout& layout) { layout.sharding = sim::Sharding::kParameters; });
  add([](sim::Layout& layout) { layout.offload = sim::Offload::kAll; });
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      EXPECT_FALSE(sim::key_of(layouts[i]) == sim::key_of(layouts[k])) << i << " and " << k;
    }
  }
}

}  // namespace
}  // namespace seqspan::planner
