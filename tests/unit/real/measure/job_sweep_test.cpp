#include "real/measure/job_sweep.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/job.hpp"

namespace seqspan::real {
namespace {

using sim::Axis;
using sim::Bytes;
using sim::Collective;

const std::vector<std::string> kFourRanks(4, "a");
constexpr Bytes kNoLimit(1 << 30);

std::vector<JobExchange> exchanges_in(const std::string& text) {
  const sim::Job job = tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 1, 8192, 8);
  const sim::Layout layout = tests::layout_of(job, text);
  return exchanges_of(tests::program_of(job, text), layout);
}

// Q of one rank in Ulysses 2 of 8,192 tokens: 8192/2 tokens x 4,096 x 2 B = 32 MiB before the
// all-to-all; K and V have 8 of 32 heads, 8 MiB each. The two ranks lie side by side (tp 1).
TEST(ExchangesOf, AreThoseOfTheProgram) {
  const auto exchanges = exchanges_in("ulysses=2");
  for (const Bytes size : {Bytes(32 << 20), Bytes(8 << 20)}) {
    const JobExchange expected{Collective::kAllToAll, Axis::kUlysses, {2, 1}, size};
    EXPECT_EQ(std::count(exchanges.begin(), exchanges.end(), expected), 1) << size.value();
  }
}

// tp 2 x ulysses 2: the ranks of a Ulysses group are 2 apart. dp has the other 2 of 8 GPUs.
TEST(ExchangesOf, LieAsTheLayoutPlacesThem) {
  for (const JobExchange& exchange : exchanges_in("tp=2,ulysses=2")) {
    if (exchange.axis == Axis::kTensor) {
      EXPECT_EQ(exchange.shape, (sim::GroupShape{2, 1}));
    }
    if (exchange.axis == Axis::kUlysses) {
      EXPECT_EQ(exchange.shape, (sim::GroupShape{2, 2}));
    }
    EXPECT_GT(exchange.shape.size, 1);
  }
}

// 3 sizes of each; 2 groups of consecutive ranks, 2 of every second rank.
TEST(JobSweep, MeasuresHalfAndTwiceTheSizeInAllSiblings) {
  const JobSweep sweep = job_sweep(kFourRanks,
                                   {{Collective::kAllToAll, Axis::kUlysses, {2, 2}, Bytes(4096)},
                                    {Collective::kAllGather, Axis::kTensor, {2, 1}, Bytes(1024)}},
                                   kNoLimit);
  EXPECT_TRUE(sweep.left_out.empty());
  ASSERT_EQ(sweep.points.size(), 6U);
  std::vector<std::int64_t> sizes;
  for (const SweepPoint& point : sweep.points) sizes.push_back(point.point.size.value());
  EXPECT_EQ(sizes, (std::vector<std::int64_t>{512, 1024, 2048, 2048, 4096, 8192}));
  EXPECT_EQ(sweep.points.front().variant, "2 groups at once");
  EXPECT_EQ(sweep.points.back().variant, "2 groups at once, 2 apart");
  EXPECT_EQ(sweep.points.back().nodes, 1);
}

// 2,048 B is twice the one size and half the other.
TEST(JobSweep, MeasuresASizeOnce) {
  const JobSweep sweep = job_sweep(kFourRanks,
                                   {{Collective::kAllGather, Axis::kTensor, {4, 1}, Bytes(1024)},
                                    {Collective::kAllGather, Axis::kShard, {4, 1}, Bytes(4096)}},
                                   kNoLimit);
  EXPECT_EQ(sweep.points.size(), 5U);
}

TEST(JobSweep, SaysWhichGroupsCannotBeHad) {
  const JobSweep sweep =
      job_sweep(kFourRanks,
                {{Collective::kAllGather, Axis::kTensor, {8, 1}, Bytes(1024)},
                 {Collective::kReduceScatter, Axis::kTensor, {8, 1}, Bytes(1024)},
                 {Collective::kRingShift, Axis::kRing, {2, 4}, Bytes(1024)}},
                kNoLimit);
  EXPECT_TRUE(sweep.points.empty());
  ASSERT_EQ(sweep.left_out.size(), 2U);
  EXPECT_EQ(sweep.left_out[0], "groups of 8 ranks (tp): there are 4 ranks");
  EXPECT_EQ(
      sweep.left_out[1],
      "groups of 2 ranks, 4 apart (ring): they take a multiple of 8 ranks, there are 4 ranks");
}

// Twice the size is 2,048 B.
TEST(JobSweep, LeavesOutWhatTheHostsHaveNoMemoryFor) {
  const JobSweep sweep = job_sweep(
      kFourRanks, {{Collective::kAllGather, Axis::kTensor, {4, 1}, Bytes(1024)}}, Bytes(1500));
  EXPECT_EQ(sweep.points.size(), 2U);
  ASSERT_EQ(sweep.left_out.size(), 1U);
  EXPECT_EQ(sweep.left_out[0],
            "all_gather of 2 KiB in groups of 4 ranks (tp): the hosts have memory for 1.46 KiB");
}

// Pairs inside hosts of 2, pairs across them, and groups of 3 consecutive ranks, which take 2 of
// one host and 1 of the next.
TEST(JobSweep, CountsTheHostsOfAGroup) {
  const std::vector<std::string> hosts = {"a", "a", "b", "b", "c", "c"};
  const auto nodes = [&](sim::GroupShape shape) {
    const JobSweep sweep =
        job_sweep(hosts, {{Collective::kAllReduce, Axis::kTensor, shape, Bytes(1024)}}, kNoLimit);
    return sweep.points.empty() ? 0 : sweep.points.front().nodes;
  };
  EXPECT_EQ(nodes({2, 1}), 1);
  EXPECT_EQ(nodes({3, 2}), 3);
  EXPECT_EQ(nodes({6, 1}), 3);
  EXPECT_EQ(nodes({3, 1}), 0);
}

}  // namespace
}  // namespace seqspan::real
