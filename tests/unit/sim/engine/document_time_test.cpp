#include "sim/engine/document_time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>

#include "sim/engine/op_times.hpp"
#include "sim/engine/simulator.hpp"
#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::layout_of;
using tests::make_job;

Job job_with(LengthSource lengths, std::int64_t sequence = 65536, std::int64_t batch = 64) {
  Job job = make_job("Llama-3-8B", Framework::kMegatron, 2, sequence, batch);
  job.training.documents.emplace();
  job.training.documents->lengths = std::move(lengths);
  job.training.documents->samples = 200;
  return job;
}

Seconds share(const Simulation& simulation, StepBound bound) {
  return simulation.shares[static_cast<std::size_t>(bound)];
}

Simulation simulate(const Job& job, const char* layout) {
  const Layout resolved = layout_of(job, layout);
  EXPECT_FALSE(broken_rule(job, resolved)) << layout;
  return Simulator(job).simulate(resolved);
}

// Not by leaving documents out, as read_job does, but through the same code as any other lengths.
TEST(DocumentTime, OneDocumentPerRowIsNoDocuments) {
  const Job with = job_with(FixedLength{65536});
  Job without = with;
  without.training.documents.reset();
  for (const char* layout : {"ring=8", "tp=2,ulysses=4", "tp=4,ring=2,pp=2", "tp=4,pp=2,vpp=2",
                             "ulysses=8,sharding=parameters"}) {
    const Simulation a = simulate(with, layout);
    const Simulation b = simulate(without, layout);
    EXPECT_EQ(a.time.step, b.time.step) << layout;
    EXPECT_EQ(a.time.imbalance, Seconds(0)) << layout;
    EXPECT_EQ(a.shares, b.shares) << layout;
    EXPECT_EQ(a.peak.peak, b.peak.peak) << layout;
    EXPECT_EQ(a.tokens_per_gpu_per_second, b.tokens_per_gpu_per_second) << layout;
    EXPECT_EQ(a.model_flops_per_gpu, b.model_flops_per_gpu) << layout;
  }
}

// Rows of n documents of s/n tokens are what is lowered directly with sequences of s/n, n times the
// micro-batch and n times the batch: the same pairs, tiles and bytes. Rounding of pairs: 1e-5.
TEST(DocumentTime, EqualDocumentsAreMicroBatchesOfThem) {
  for (const std::int64_t n : {2, 4, 8}) {
    const Job documents = job_with(FixedLength{65536 / n});
    Job direct = make_job("Llama-3-8B", Framework::kMegatron, 2, 65536 / n, 64 * n);
    for (const char* keys : {"ulysses=8,recompute=full", "tp=2,ulysses=4", "ring=8,tp=2"}) {
      const Simulation a = simulate(documents, keys);
      const Simulation b =
          simulate(direct, (std::string(keys) + ",micro_batch=" + std::to_string(n)).c_str());
      EXPECT_NEAR(a.time.step / b.time.step, 1, 1e-5) << keys << " " << n;
      EXPECT_NEAR(a.mfu / b.mfu, 1, 1e-5) << keys << " " << n;
      EXPECT_EQ(share(a, StepBound::kImbalance), Seconds(0)) << keys << " " << n;
    }
  }
}

// Between the points of the grid: the line between them is within 0.6 % of what reading the program
// at that load gives, and within 0.2 % on average. It is furthest where a ring's hops begin to show
// under less attention.
class Interpolation : public testing::TestWithParam<const char*> {};

TEST_P(Interpolation, AgainstReading) {
  const Job job = job_with(LognormalLengths{4096, 1.5});
  const char* layout = GetParam();
  const LoadGrid grid(0.02, 1.0);
  Network network(job.cluster);
  const Layout resolved = layout_of(job, layout);
  Program program;
  lower(job, resolved, program);
  network.place(resolved);
  StepTimeReader reader;
  const auto micro_batch = [&](double at) {
    Program scaled = program;
    for (Op& op : scaled.ops) {
      if (auto* work = std::get_if<AttentionWork>(&op.work)) *work = at_load(*work, at, 0.7);
    }
    std::vector<Seconds> durations;
    std::vector<LinkUse> uses;
    read_op_times(job.cluster, network, scaled, durations, uses);
    std::vector<StageTime> stages;
    reader.read_stages(scaled, durations, uses, nullptr, stages);
    return stages.front().both().value();
  };
  std::vector<double> points;
  for (std::size_t i = 0; i < grid.size(); ++i) points.push_back(micro_batch(grid.point(i)));
  double worst = 0;
  double sum = 0;
  for (int i = 0; i <= 490; ++i) {
    const double load = 0.02 + 0.002 * i;
    const double off = std::abs(grid.interpolate(points, load) / micro_batch(load) - 1);
    worst = std::max(worst, off);
    sum += off;
  }
  EXPECT_LT(worst, 6e-3);
  EXPECT_LT(sum / 491, 2e-3);
}

INSTANTIATE_TEST_SUITE_P(Layouts, Interpolation,
                         testing::Values("ulysses=8", "ring=16", "tp=2,ulysses=2,ring=4",
                                         "tp=2,ring=8,kv_exchange=all_gather"));

// All 2^4 steps of 4 rows, of one document of s or one of a little more than s/2 and padding, to 2
// ranks of 2 rows that wait for each other at the end, and with sharded parameters in every
// micro-batch.
TEST(DocumentTime, MeetsTheExpectationOfAllOutcomes) {
  constexpr std::int64_t kLong = 65536;
  Job job = job_with(LengthHistogram{{kLong, kLong / 2 + 1024}, {1, 1}}, kLong, 4);
  job.training.documents->packing = Packing::kWhole;
  job.training.documents->samples = 20'000;
  for (const char* keys : {"tp=2,ulysses=4", "tp=2,ulysses=4,sharding=parameters"}) {
    const Layout layout = layout_of(job, keys);
    ASSERT_EQ(layout.dp, 2);
    Simulator simulator(job);
    const Simulation simulation = simulator.simulate(layout);
    const bool in_lockstep = simulation.documents->lockstep == 2;
    EXPECT_EQ(in_lockstep, layout.sharding == Sharding::kParameters);
    // Times of a micro-batch with each kind of row, as jobs where all rows are of that kind.
    const auto step_of = [&](std::int64_t length) {
      Job same = job;
      same.training.documents->lengths = FixedLength{length};
      return simulate(same, keys).time.step.value();
    };
    const double heavy = step_of(kLong);
    const double light = step_of(kLong / 2 + 1024);
    double expected = 0;
    for (unsigned outcome = 0; outcome < 16; ++outcome) {
      const auto is_long = [&](unsigned j, unsigned rank) {
        return (outcome >> (2 * j + rank)) & 1U;
      };
      unsigned long_ones = 0;
      if (in_lockstep) {
        for (const unsigned j : {0U, 1U}) long_ones += is_long(j, 0) | is_long(j, 1);
      } else {
        long_ones = std::max(is_long(0, 0) + is_long(1, 0), is_long(0, 1) + is_long(1, 1));
      }
      expected += (light + (heavy - light) * long_ones / 2) / 16;
    }
    const double error = simulation.documents->confidence.value() / 1.96;
    // First and last micro-batches are read with the mean load: 0.1 % of the step.
    EXPECT_NEAR(simulation.time.step.value(), expected, 4 * error + 1e-3 * expected) << keys;
    // (3/4 or 11/16 of long rows where it counts): the imbalance is not small.
    EXPECT_GT(simulation.time.imbalance.value(), 0.1 * (heavy - light)) << keys;
  }
}

TEST(DocumentTime, OneRankWaitsForNoOther) {
  const Simulation alone = simulate(job_with(LognormalLengths{4096, 1.5}), "tp=2,ulysses=4,ring=2");
  EXPECT_EQ(alone.layout.dp, 1);
  EXPECT_EQ(alone.time.imbalance, Seconds(0));
  EXPECT_GT(alone.documents->confidence, Seconds(0));
}

// dp = 8, 4, 2 with the same rows: larger groups, less imbalance; better assignments, less of it.
TEST(DocumentTime, LargerGroupsAverageRanksOut) {
  const Job job = job_with(LognormalLengths{4096, 1.5});
  double before = 1;
  for (const char* layout : {"ulysses=2", "ulysses=4", "ulysses=8"}) {
    const Simulation simulation = simulate(job, layout);
    const double lost = simulation.time.imbalance / simulation.time.step;
    EXPECT_LT(lost, before) << layout;
    EXPECT_GT(lost, 0) << layout;
    before = lost;
    const auto& policies = simulation.documents->policies;
    ASSERT_EQ(policies.size(), 3U);
    EXPECT_EQ(policies[0].step, simulation.time.step);
    EXPECT_LT(policies[1].imbalance, policies[0].imbalance);
    EXPECT_LT(policies[2].imbalance, policies[1].imbalance);
  }
}

RC_GTEST_PROP(DocumentTime, SharesAddUp, ()) {
  Job job = job_with(LognormalLengths{*rc::gen::inRange<std::int64_t>(100, 100'000),
                                      *rc::gen::inRange(0, 20) * 0.1});
  job.training.documents->samples = 20;
  job.training.documents->assignment =
      *rc::gen::element(Assignment::kAsTheyCome, Assignment::kSorted, Assignment::kBalanced);
  const char* keys = *rc::gen::element("ulysses=4", "ring=8", "tp=4,pp=2", "tp=2,ring=2,pp=2,vpp=2",
                                       "ring=2,sharding=parameters");
  const Layout layout = layout_of(job, keys);
  RC_PRE(!broken_rule(job, layout).has_value());
  Simulator simulator(job);
  const Simulation simulation = simulator.simulate(layout);
  Seconds sum;
  const double slack = 1e-6 * simulation.time.step.value();
  for (const Seconds part : simulation.shares) {
    RC_ASSERT(part.value() > -slack);
    sum += part;
  }
  RC_ASSERT(std::abs(sum / simulation.time.step - 1) < 1e-9);
  const Evaluation evaluation = simulator.evaluate(layout, true);
  RC_ASSERT(evaluation.step == simulation.time.step);
  RC_ASSERT(evaluation.imbalance == simulation.time.imbalance);
}

// Qwen3-30B-A3B, 16 ranks: ep = 8 lies on cp = 2 x dp = 4 of the 8 data parallel ranks.
TEST(DocumentTime, ExpertGroupsWaitInEveryMicroBatch) {
  Job job = make_job("Qwen3-30B-A3B", Framework::kMegatron, 2, 65536, 16);
  const auto lockstep = [&](const char* keys) {
    const Layout layout = layout_of(job, keys);
    Program program;
    lower(job, layout, program);
    return lockstep_ranks(program, layout);
  };
  EXPECT_EQ(lockstep("ring=2,ep=8,etp=1"), 4);
  EXPECT_EQ(lockstep("ring=2,ep=2,etp=1"), 1);
  EXPECT_EQ(lockstep("ring=2,ep=1,etp=1"), 1);
  EXPECT_EQ(lockstep("ring=2,ep=1,etp=1,sharding=parameters"), 8);
}

// Documents of s tokens need the layout's own groups, dp x m of them: as with groups of one size.
TEST(GroupedDocuments, WholeRowsNeedTheLayoutsGroups) {
  Job job = job_with(FixedLength{65536});
  const char* layout = "ring=8";
  const Simulation fixed = simulate(job, layout);
  job.training.documents->context_parallel = DocumentGroups::kPerDocument;
  const Simulation grouped = simulate(job, layout);
  EXPECT_NEAR(grouped.time.step / fixed.time.step, 1, 1e-9);
  EXPECT_NEAR(grouped.time.imbalance.value(), 0, 1e-9);
}

// Documents of one rank's tokens send no keys: less than in rows over rings of 8, which send all.
TEST(GroupedDocuments, ShortDocumentsSendNothing) {
  Job job = job_with(FixedLength{8192});
  const Simulation fixed = simulate(job, "ring=8");
  job.training.documents->context_parallel = DocumentGroups::kPerDocument;
  const Simulation grouped = simulate(job, "ring=8");
  EXPECT_LT(grouped.time.step, fixed.time.step);
  EXPECT_NEAR(grouped.time.imbalance.value(), 0, 1e-9);
  // 64 rows of 8 documents over 16 ranks: 32 micro-batches each of the layout without a ring.
  Job alone = make_job("Llama-3-8B", Framework::kMegatron, 2, 8192, 512);
  EXPECT_NEAR(grouped.time.step / simulate(alone, "").time.step, 1, 2e-3);
  Seconds sum;
  for (const Seconds part : grouped.shares) sum += part;
  EXPECT_NEAR(sum / grouped.time.step, 1, 1e-9);
}

// The mask's part of a kernel's speed is that of documents of their own, not of the long row.
TEST(AtLoad, IsOfDocumentsOfOneLength) {
  AttentionWork work;
  work.pairs = 8192LL * 8193 / 2;
  work.longest_row = 8192;
  work.longest_column = 8192;
  const AttentionWork quarter = at_load(work, 0.25, 1.0);
  EXPECT_EQ(quarter.longest_row, 2048);
  EXPECT_DOUBLE_EQ(quarter.documents, 4);
  EXPECT_NEAR(static_cast<double>(quarter.pairs) / static_cast<double>(work.pairs), 0.25, 1e-7);
  const AttentionWork one = at_load(work, 0.25, 0.5);
  EXPECT_EQ(one.longest_row, 4096);
  EXPECT_DOUBLE_EQ(one.documents, 1);
}

}  // namespace
}  // namespace seqspan::sim
