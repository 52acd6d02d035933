#include "profiles/import/read_log.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "profiles/import/plain.hpp"

namespace seqspan::profiles {
namespace {

ImportedLog good(std::string_view text, const LogOptions& options = {}) {
  auto log = read_log(text, "log", options);
  if (!log) {
    ADD_FAILURE() << log.error().what << " at " << log.error().where;
    return {};
  }
  return *log;
}

// 2 ranks of all_gather: busbw = algbw / 2. 1 MiB in 50 us is 20.97 GB/s.
constexpr std::string_view kRows =
    "  1048576   131072  float  none  -1   50.00  20.97  10.49    0   40.00  26.21  13.11    0\n"
    "  2097152   262144  float  none  -1   70.00  29.96  14.98    0   60.00  34.95  17.48    0\n";

LogOptions two_ranks() { return {CollectiveKind::kAllGather, 2, 1}; }

TEST(ReadLog, ColumnsInAndOutOfPlaceAreSetsOfTheirOwn) {
  const ImportedLog log = good(kRows, two_ranks());
  ASSERT_EQ(log.sets.size(), 2U);
  EXPECT_FALSE(log.sets[0].in_place);
  EXPECT_EQ(log.sets[0].points[0], (MeasuredPoint{sim::Bytes(1048576), sim::Seconds(50e-6)}));
  EXPECT_TRUE(log.sets[1].in_place);
  EXPECT_EQ(log.sets[1].points[1], (MeasuredPoint{sim::Bytes(2097152), sim::Seconds(60e-6)}));
}

TEST(ReadLog, RanksAndHostsComeFromTheDeviceLines) {
  const std::string text =
      "$ mpirun all_gather_perf -b 1M\n"
      "  Rank  0 Group  0 Pid   1 on one device  0 [0x04] H100\n"  // the '#' lost in copying
      "#  Rank  1 Group  0 Pid   2 on two device  0 [0x04] H100\n" +
      std::string(kRows);
  EXPECT_EQ(good(text).sets[0].group, (MeasuredGroup{CollectiveKind::kAllGather, 2, 2}));
}

TEST(ReadLog, OptionsMustNotContradictTheLog) {
  LogOptions options = two_ranks();
  options.nodes = 2;
  const auto log = read_log("# nodes: 1\n" + std::string(kRows), "log", options);
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().what, "--nodes says 2, and the log says 1");
}

TEST(ReadLog, RowsOfOldVersionsHaveFewerColumns) {
  const std::string_view rows =
      "  1048576  131072  float   50.00  20.97  10.49  1e-07   40.00  26.21  13.11  1e-07\n"
      "  2097152  262144  float   70.00  29.96  14.98  0e+00   60.00  34.95  17.48  N/A\n";
  EXPECT_EQ(good(rows, two_ranks()).sets[0].points.size(), 2U);
}

TEST(ReadLog, HeaderLineSaysWhereTheTimesAre) {
  const std::string_view text =
      "# size count type redop root time algbw busbw #wrong i_min time algbw busbw #wrong i_min\n"
      "1048576 131072 float none -1 50.00 20.97 10.49 0 49 40.00 26.21 13.11 0 39\n"
      "2097152 262144 float none -1 70.00 29.96 14.98 0 69 60.00 34.95 17.48 0 59\n";
  EXPECT_EQ(good(text, two_ranks()).sets[1].points[0].time, sim::Seconds(40e-6));
}

TEST(ReadLog, SizesThatSendNothingAreLeftOut) {
  const std::string text =
      "0 0 float none -1 0.10 0.00 0.00 0 0.10 0.00 0.00 0\n" + std::string(kRows);
  EXPECT_EQ(good(text, two_ranks()).sets[0].points.size(), 2U);
}

TEST(ReadLog, JsonOfNcclTests) {
  const std::string_view text = R"({"start_time": "2026-05-18 23:43:43",
    "args": ["build/all_gather_perf"],
    "config": {"nthreads": 1, "ngpus": 2, "devices": [{"hostname": "a"}, {"hostname": "b"}]},
    "results": [
      {"size": 1048576, "out_of_place": {"time": 50.0, "alg_bw": 20.97, "bus_bw": 15.73, "nwrong": 0.0},
       "in_place": null},
      {"size": 2097152, "out_of_place": {"time": 70.0, "alg_bw": 29.96, "bus_bw": 22.47, "nwrong": null},
       "in_place": null}]})";
  const ImportedLog log = good(text);
  ASSERT_EQ(log.sets.size(), 1U);
  EXPECT_EQ(log.sets[0].group, (MeasuredGroup{CollectiveKind::kAllGather, 4, 2}));
  EXPECT_EQ(log.sets[0].date, "2026-05-18 23:43:43");
  EXPECT_EQ(log.sets[0].points[1].time, sim::Seconds(70e-6));
}

// OSU's size of an all-to-all is what one peer gets: 4 ranks make 4 of it.
TEST(ReadLog, OsuSizesOfAllToAllAreAPeersPart) {
  const std::string_view text =
      "# OSU MPI All-to-All Personalized Exchange Latency Test v7.3\n"
      "# Size       Avg Latency(us)\n1024   12.50\n2048   14.50\n";
  LogOptions options;
  options.ranks = 4;
  options.nodes = 2;
  const ImportedLog log = good(text, options);
  EXPECT_EQ(log.sets[0].group.collective, CollectiveKind::kAllToAll);
  EXPECT_EQ(log.sets[0].points[0], (MeasuredPoint{sim::Bytes(4096), sim::Seconds(12.5e-6)}));
}

// 1 MiB at 10,000 MB/s takes 104.8576 us.
TEST(ReadLog, OsuBandwidthBecomesTime) {
  const std::string_view text =
      "# OSU MPI-CUDA Bandwidth Test v7.3\n# Size      Bandwidth (MB/s)\n"
      "524288   9000\n1048576   10000\n";
  LogOptions options;
  options.nodes = 2;
  const ImportedLog log = good(text, options);
  EXPECT_EQ(log.sets[0].group, (MeasuredGroup{CollectiveKind::kPointToPoint, 2, 2}));
  EXPECT_DOUBLE_EQ(log.sets[0].points[1].time.value(), 104.8576e-6);
  EXPECT_EQ(log.warnings[0].code, "window_of_messages");
}

// busbw = algbw (n-1)/n: 8 ranks at 7 GB/s have algbw 8 GB/s; 8 MiB take 1048.576 us.
TEST(ReadLog, PlainBusbwBecomesTimeAndKHeadersHoldForAllSets) {
  const std::string_view text =
      "collective: all_gather\nranks: 8\nnodes: 1\ncolumns: size_bytes busbw_GBps\n---\n"
      "8M 7\n16M 7\n---\nvariant: other\n1M 7\n2M 7\n";
  const ImportedLog log = good(text);
  ASSERT_EQ(log.sets.size(), 2U);
  EXPECT_DOUBLE_EQ(log.sets[0].points[0].time.value(), 1048.576e-6);
  EXPECT_EQ(log.sets[0].variant, "");
  EXPECT_EQ(log.sets[1].variant, "other");
  EXPECT_EQ(log.sets[1].group.ranks, 8);
}

RC_GTEST_PROP(ReadLog, PlainTextReadsBackTheSame, ()) {
  MeasurementSet set;
  set.group.collective =
      static_cast<CollectiveKind>(*rc::gen::inRange(0, static_cast<int>(kLastCollectiveKind) + 1));
  set.group.nodes = *rc::gen::inRange<std::int64_t>(1, 100);
  set.group.ranks = set.group.nodes * *rc::gen::inRange<std::int64_t>(2, 100);
  set.in_place = *rc::gen::arbitrary<bool>();
  set.file = "log";
  const auto count = *rc::gen::inRange<std::int64_t>(2, 12);
  for (std::int64_t i = 1; i <= count; ++i) {
    const auto us = static_cast<double>(*rc::gen::inRange(1, 1000000)) / 100;
    set.points.push_back({sim::Bytes(i * 1000), sim::Seconds(us / 1e6)});
  }
  const auto log = read_log(plain_text({set}), "log");
  RC_ASSERT(log.has_value());
  RC_ASSERT(log->sets == std::vector<MeasurementSet>{set});
}

// Bytes changed, cut or doubled: a result or an error, never an exception or a time that is none.
RC_GTEST_PROP(ReadLog, DamagedTextNeverBreaks, ()) {
  std::string text = "# all_gather_perf\n# ranks: 2\n# nodes: 1\n" + std::string(kRows);
  const int changes = *rc::gen::inRange(1, 8);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::arbitrary<char>();
  }
  const auto log = read_log(text, "log");
  if (!log) return;
  for (const MeasurementSet& set : log->sets) {
    for (const MeasuredPoint& point : set.points) {
      RC_ASSERT(point.size.value() > 0);
      RC_ASSERT(point.time.value() > 0);
    }
  }
}

}  // namespace
}  // namespace seqspan::profiles
