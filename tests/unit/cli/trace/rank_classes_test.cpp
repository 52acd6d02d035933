// The ranks of a contiguous ring in a trace, read back, against the readers' own numbers of each.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/trace/read_trace.hpp"
#include "cli/trace/summary.hpp"
#include "sim/engine/executions.hpp"
#include "sim/engine/op_times.hpp"
#include "tests/unit/cli/trace/written.hpp"

namespace seqspan::cli::tests {
namespace {

constexpr Case kCases[] = {
    {"recompute", "Llama-3-8B", "ring=4,ring_order=contiguous,recompute=full", 1, 32768, 8,
     sim::Framework::kYunchang},
    {"no_recompute", "Llama-3-8B", "ring=8,ring_order=contiguous", 1, 65536, 2,
     sim::Framework::kYunchang},
    {"one_micro_batch", "Llama-3-8B", "ring=2,ring_order=contiguous", 1, 8192, 4,
     sim::Framework::kYunchang},
    {"hybrid", "Llama-3-8B", "ulysses=2,ring=4,ring_order=contiguous", 1, 32768, 3,
     sim::Framework::kYunchang},
    {"large_ring", "Llama-3-8B", "ring=16,ring_order=contiguous", 2, 65536, 2,
     sim::Framework::kYunchang},
    {"unsharded", "Llama-3-8B", "ring=4,ring_order=contiguous,sharding=optimizer", 1, 16384, 4,
     sim::Framework::kYunchang},
    // Hops take longer than attention on so few tokens.
    {"slow_hops", "Llama-3-8B", "ring=16,ring_order=contiguous", 2, 4096, 1,
     sim::Framework::kYunchang},
};

// Written and read back.
struct ReadBack {
  explicit ReadBack(const Case& given)
      : written(given),
        text(written.text()),
        trace(parse_trace(text, "trace").value()),
        summary(summary_of(trace)) {
    for (const sim::StepTimeline& other : written.others) timelines.push_back(&other);
    timelines.push_back(&written.timeline);  // the last rank
  }

  Written written;
  std::string text;
  ReadTrace trace;
  TraceSummary summary;
  std::vector<const sim::StepTimeline*> timelines;  // by process
};

class RankClasses : public testing::TestWithParam<Case> {
 protected:
  // Each case once: they are large.
  static const ReadBack& read_back() {
    static std::map<std::string, std::unique_ptr<ReadBack>> known;
    std::unique_ptr<ReadBack>& of = known[GetParam().name];
    if (!of) of = std::make_unique<ReadBack>(GetParam());
    return *of;
  }

  const Written& written_ = read_back().written;
  const ReadTrace& trace_ = read_back().trace;
  const TraceSummary& summary_ = read_back().summary;
  const std::vector<const sim::StepTimeline*>& timelines_ = read_back().timelines;
};

TEST_P(RankClasses, EachShownRankIsAProcess) {
  const std::vector<std::int64_t> shown = shown_ring_ranks(written_.job, written_.layout);
  const std::int64_t last = written_.layout.ring - 1;
  ASSERT_EQ(summary_.processes.size(), shown.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    EXPECT_EQ(summary_.processes[i].ring_rank, shown[i]);
    EXPECT_EQ(timelines_[i]->ring_rank, shown[i]);
    EXPECT_EQ(summary_.processes[i].waits_for.has_value(), shown[i] != last);
    EXPECT_EQ(summary_.processes[i].name, "stage 0 of 1, ring rank " + std::to_string(shown[i]) +
                                              " of " + std::to_string(last + 1) +
                                              (shown[i] == last ? ", decides" : ""));
  }
  EXPECT_EQ(summary_.other.count("ranks"), 1U);
}

// Every stream of a rank is as busy as the time reader has the ops of the rank's own program, which
// is lowered and timed here once more.
TEST_P(RankClasses, StreamsAreAsBusyAsTheTimeReaderSaysOfTheRank) {
  sim::Network network(written_.job.cluster);
  network.place(written_.layout);
  for (std::size_t i = 0; i < timelines_.size(); ++i) {
    sim::Program program;
    lower_for(written_.job, written_.layout, timelines_[i]->ring_rank, program);
    std::vector<sim::Seconds> durations;
    std::vector<sim::LinkUse> uses;
    read_op_times(written_.job.cluster, network, program, durations, uses);
    std::map<std::string, double> alone;
    std::map<std::string, std::int64_t> ops;
    for_each_execution(program, program.stages[0], [&](std::size_t op, std::int64_t executions) {
      alone[name_of(program.ops[op].stream)] +=
          durations[op].value() * static_cast<double>(executions);
      ops[name_of(program.ops[op].stream)] += executions;
    });
    ASSERT_EQ(summary_.processes[i].streams.size(), ops.size());
    for (const StreamSummary& stream : summary_.processes[i].streams) {
      EXPECT_EQ(stream.ops, ops[stream.stream]) << stream.stream;
      // Whole nanoseconds: half of one per block.
      const double rounding = 1e-9 * static_cast<double>(stream.ops);
      EXPECT_NEAR(static_cast<double>(stream.alone) * 1e-9, alone[stream.stream], rounding);
      EXPECT_GE(static_cast<double>(stream.busy) * 1e-9, alone[stream.stream] - rounding);
    }
  }
}

// Rank k attends k + 1 times in a forward of a layer, and as often in a backward: hops 0 to k.
TEST_P(RankClasses, RankWorksAtItsNumberOfHops) {
  for (const ProcessSummary& process : summary_.processes) {
    std::map<std::string, std::int64_t> times;
    for (const OpSummary& op : process.ops) times[op.name] += op.count;
    const std::int64_t drawn = std::min<std::int64_t>(written_.timeline.program->micro_batches, 3);
    const std::int64_t forwards = written_.layout.recompute == sim::Recompute::kFull ? 2 : 1;
    constexpr std::int64_t kLayers = 32;
    const std::int64_t attended = (*process.ring_rank + 1) * kLayers * drawn;
    EXPECT_EQ(times["attention step"], forwards * attended);
    EXPECT_EQ(times["attention backward step"], attended);
  }
}

TEST_P(RankClasses, MemoryPeaksWhereTheReaderHasItOfTheRank) {
  for (std::size_t i = 0; i < timelines_.size(); ++i) {
    sim::Program program;
    lower_for(written_.job, written_.layout, timelines_[i]->ring_rank, program);
    constexpr auto kBuffers = static_cast<std::size_t>(sim::MemoryRole::kCommunicationBuffers);
    sim::StepMemoryReader reader;
    reader.begin(program, written_.timeline.stages[0].memory.by_role[kBuffers],
                 written_.job.cluster.device.runtime_reserve);
    EXPECT_EQ(summary_.processes[i].peak_bytes, reader.peak().peak.value());
    std::int64_t sum = 0;
    for (const auto& [role, bytes] : summary_.processes[i].peak_roles) sum += bytes;
    EXPECT_EQ(sum, reader.peak().peak.value());
  }
}

// Beside the others, the rank that decides is drawn as it is alone, and the step is as long.
TEST_P(RankClasses, TheRankThatDecidesIsDrawnAsBefore) {
  const ReadTrace alone =
      parse_trace(trace_json(written_.job, written_.timeline, {}, TraceDetail::kSome).value(),
                  "trace")
          .value();
  const TraceProcess& before = alone.processes.begin()->second;
  const TraceProcess& now = trace_.processes.rbegin()->second;
  ASSERT_EQ(now.slices.size(), before.slices.size());
  for (std::size_t i = 0; i < now.slices.size(); ++i) {
    EXPECT_EQ(now.slices[i].start, before.slices[i].start);
    EXPECT_EQ(now.slices[i].end, before.slices[i].end);
    EXPECT_EQ(now.slices[i].name, before.slices[i].name);
  }
  ASSERT_EQ(now.counters.size(), before.counters.size());
  for (std::size_t i = 0; i < now.counters.size(); ++i) {
    EXPECT_EQ(now.counters[i].at, before.counters[i].at);
    EXPECT_EQ(now.counters[i].values, before.counters[i].values);
  }
  EXPECT_NEAR(static_cast<double>(summary_.end) * 1e-9,
              written_.timeline.simulation.time.step.value(), 2e-9);
}

// The assumption behind it (sim/engine/rank_timelines.hpp): at every hop the last rank is ready
// last. All take part when it does.
TEST_P(RankClasses, NobodyIsReadyAfterTheRankThatDecides) {
  for (const sim::StepTimeline* timeline : timelines_) {
    for (std::size_t kind = 0; kind < sim::kMicroBatchKindCount; ++kind) {
      const sim::TimedMicroBatch& timed = timeline->stages[0].micro_batches[kind];
      const sim::Pace own = pace_of(*timeline->program, timed);
      const sim::Pace deciding =
          pace_of(*written_.timeline.program, written_.timeline.stages[0].micro_batches[kind]);
      EXPECT_EQ(own.starts, deciding.starts);
      EXPECT_EQ(own.forward, deciding.forward);
      EXPECT_EQ(own.backward, deciding.backward);
    }
  }
}

// On compute a micro-batch of another rank is work, waiting for the last rank, and what its own
// transfers take; the waits that are drawn are those that it counts.
TEST_P(RankClasses, WaitsAreWhatIsLeft) {
  std::int64_t waiting_before = std::numeric_limits<std::int64_t>::max();
  for (const auto& [id, process] : trace_.processes) {
    const ProcessSummary& summary = summary_.processes[static_cast<std::size_t>(id - 1)];
    if (!summary.waits_for) {
      EXPECT_EQ(summary.waiting, 0);
      continue;
    }
    EXPECT_EQ(*summary.waits_for, written_.layout.ring - 1);
    EXPECT_GT(summary.waiting, 0);
    EXPECT_LE(summary.waiting, waiting_before);  // a rank further on has no less work
    waiting_before = summary.waiting;
    std::int64_t waits = 0;
    for (const TraceSlice& slice : process.slices) {
      if (slice.category != "micro-batch") continue;
      std::int64_t busy = 0;
      std::int64_t drawn = 0;
      std::int64_t transfers = 0;
      for (const TraceSlice& inside : process.slices) {
        if (inside.start < slice.start || inside.end > slice.end) continue;
        const std::int64_t length = inside.end - inside.start;
        const std::string& stream = process.threads.at(inside.thread);
        if (inside.category == "wait") drawn += length;
        if (inside.category == "block") {
          (stream == "compute" ? busy : transfers) += inside.args["busy_ns"].get<std::int64_t>();
        }
      }
      const std::int64_t counted = slice.args["waits_ns"];
      waits += counted;
      if (drawn > 0) {
        EXPECT_EQ(drawn, counted);
      }
      EXPECT_LE(busy + counted, slice.end - slice.start);
      EXPECT_GE(busy + counted + transfers, slice.end - slice.start);
    }
    EXPECT_EQ(waits, summary.waiting);
  }
}

// From each hop to the same hop of the next rank, where both are shown.
TEST_P(RankClasses, HopsLeadToTheNextRank) {
  const auto file = nlohmann::json::parse(read_back().text);
  std::map<std::int64_t, std::int64_t> rank_of;  // by process
  for (std::size_t i = 0; i < timelines_.size(); ++i) {
    rank_of[static_cast<std::int64_t>(i) + 1] = timelines_[i]->ring_rank;
  }
  std::map<std::int64_t, nlohmann::json> sent;
  std::map<std::int64_t, std::int64_t> received;  // by rank
  for (const auto& event : file["traceEvents"]) {
    if (event["ph"] == "s") sent[event["id"]] = event;
    if (event["ph"] != "f" || sent.at(event["id"])["pid"] == event["pid"]) continue;
    const std::int64_t from = rank_of[sent.at(event["id"])["pid"]];
    const std::int64_t to = rank_of[event["pid"]];
    EXPECT_EQ(to, (from + 1) % written_.layout.ring);  // yunchang sends to the successor
    ++received[to];
  }
  // As many as the rank has hops in the micro-batches that are drawn op by op.
  std::int64_t hops = 0;
  for (std::size_t kind = 0; kind < sim::kMicroBatchKindCount; ++kind) {
    for (const sim::TimedOp& op : written_.timeline.stages[0].micro_batches[kind].ops) {
      const auto* work =
          std::get_if<sim::Communication>(&written_.timeline.program->ops[op.op].work);
      if (work != nullptr && work->axis == sim::Axis::kRing) ++hops;
    }
  }
  std::map<std::int64_t, std::int64_t> expected;
  for (const auto& [process, rank] : rank_of) {
    const std::int64_t sender = (rank + written_.layout.ring - 1) % written_.layout.ring;
    for (const auto& [other, shown] : rank_of) {
      if (shown == sender) expected[rank] = hops;
    }
  }
  EXPECT_EQ(received, expected);
}

TEST_P(RankClasses, AreInTheSummary) {
  const std::string text = trace_summary_text({}, summary_);
  EXPECT_NE(text.find("Ranks of a ring"), std::string::npos) << text;
  const auto json = nlohmann::json::parse(trace_summary_json(summary_));
  ASSERT_EQ(json["stages"].size(), timelines_.size());
  for (std::size_t i = 0; i < timelines_.size(); ++i) {
    EXPECT_EQ(json["stages"][i]["ring_rank"], timelines_[i]->ring_rank);
    EXPECT_EQ(json["stages"][i]["decides"], timelines_[i]->decides());
    EXPECT_EQ(json["stages"][i]["waiting_ns"], summary_.processes[i].waiting);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, RankClasses, testing::ValuesIn(kCases),
                         [](const auto& given) { return std::string(given.param.name); });

sim::Job yunchang(std::int64_t length) {
  return seqspan::tests::make_job("Llama-3-8B", sim::Framework::kYunchang, 2, length, 16);
}

TEST(ShownRanks, AllOfASmallRingAndThreeOfALargeOne) {
  const sim::Job job = yunchang(65536);
  const auto shown = [&](const char* layout) {
    return shown_ring_ranks(job, seqspan::tests::layout_of(job, layout));
  };
  using Ranks = std::vector<std::int64_t>;
  EXPECT_EQ(shown("ring=2,ring_order=contiguous"), (Ranks{0, 1}));
  EXPECT_EQ(shown("ring=8,ring_order=contiguous"), (Ranks{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(shown("ring=16,ring_order=contiguous"), (Ranks{0, 8, 15}));
  EXPECT_EQ(shown("ring=8,ring_order=zigzag"), (Ranks{7}));
  EXPECT_EQ(shown("ring=8,ring_order=striped"), (Ranks{7}));
  EXPECT_EQ(shown("ulysses=8"), (Ranks{0}));
  sim::Job full = yunchang(65536);
  full.training.mask = sim::AttentionMask::kFull;  // every rank attends at every hop
  EXPECT_EQ(shown_ring_ranks(full, seqspan::tests::layout_of(full, "ring=8,ring_order=contiguous")),
            (Ranks{7}));
}

// Why the other orders have one class: what their ranks compute differs by so little. Zigzag halves
// keys or queries, striped leaves out one of each, gathered keys reach to another chunk.
TEST(ShownRanks, RanksOfOtherOrdersComputeAlmostAlike) {
  const auto spread = [](const sim::Job& job, const char* text) {
    const sim::Layout layout = seqspan::tests::layout_of(job, text);
    sim::Network network(job.cluster);
    network.place(layout);
    double least = std::numeric_limits<double>::infinity();
    double most = 0;
    for (std::int64_t rank = 0; rank < layout.ring; ++rank) {
      sim::Program program;
      lower_for(job, layout, rank, program);
      std::vector<sim::Seconds> durations;
      std::vector<sim::LinkUse> uses;
      read_op_times(job.cluster, network, program, durations, uses);
      double compute = 0;
      for_each_execution(program, program.stages[0], [&](std::size_t op, std::int64_t times) {
        if (program.ops[op].stream == sim::Stream::kCompute) {
          compute += durations[op].value() * static_cast<double>(times);
        }
      });
      least = std::min(least, compute);
      most = std::max(most, compute);
    }
    return most / least - 1;
  };
  const sim::Job job = yunchang(131072);
  EXPECT_LT(spread(job, "ring=8,ring_order=striped"), 0.001);
  // Rank 0 merges partial outputs of half of the rows at 7 hops, rank 7 of all rows.
  EXPECT_LT(spread(job, "ring=8,ring_order=zigzag"), 0.002);
  EXPECT_GT(spread(job, "ring=8,ring_order=contiguous"), 1);
  const sim::Job megatron =
      seqspan::tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 2, 131072, 16);
  EXPECT_LT(spread(megatron, "ring=8,kv_exchange=all_gather"), 0.001);
  EXPECT_LT(spread(megatron, "ring=8"), 0.005);
}

}  // namespace
}  // namespace seqspan::cli::tests
