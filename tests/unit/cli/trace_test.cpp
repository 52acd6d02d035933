// Traces, written and read back, against the readers' own numbers.
#include "cli/trace/trace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "cli/trace/gzip.hpp"
#include "cli/trace/read_trace.hpp"
#include "cli/trace/summary.hpp"
#include "sim/engine/executions.hpp"
#include "tests/unit/cli/trace/written.hpp"

namespace seqspan::cli {
namespace {

using tests::Case;

// What a trace has to say of: loops, two axes at once, experts, sharded parameters, offload,
// pipelines of unlike stages, one micro-batch, interleaving.
constexpr Case kCases[] = {
    {"ulysses", "Llama-3-8B", "ulysses=8,recompute=full", 1, 131072, 8},
    {"ring", "Llama-3-8B", "ring=8", 1, 131072, 4},
    {"hybrid_tp", "Llama-3-8B", "tp=2,ulysses=2,ring=2", 1, 65536, 2},
    {"one_micro_batch", "Llama-3-8B", "ring=8", 1, 131072, 1},
    {"sharded", "Llama-3-8B", "ulysses=8,sharding=parameters,recompute=full", 1, 131072, 4,
     sim::Framework::kDeepSpeed},
    {"experts", "Qwen3-30B-A3B", "ep=8,ring=2,recompute=full", 1, 32768, 8},
    {"pipeline", "Llama-3-8B", "pp=4,ring=2", 1, 32768, 8},
    {"few_micro_batches", "Llama-3-8B", "pp=8", 1, 8192, 2},
    {"interleaved", "Llama-3-8B", "pp=4,vpp=4,tp=2", 1, 32768, 8},
};

class Trace : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const Case& given = GetParam();
    job_ = seqspan::tests::make_job(given.model, given.framework, given.nodes, given.length,
                                    given.batch);
    layout_ = sim::resolve_legal(job_, sim::parse_layout(given.layout).value()).value();
    simulator_.emplace(job_);
    timeline_ = simulator_->timeline(layout_);
  }
  [[nodiscard]] ReadTrace written(TraceDetail detail) const {
    return parse_trace(trace_json(job_, timeline_, {}, detail).value(), "trace").value();
  }

  sim::Job job_;
  sim::Layout layout_;
  std::optional<sim::Simulator> simulator_;
  sim::StepTimeline timeline_;
};

// Events are sorted by time; slices of a track lie one in another or one behind the other.
TEST_P(Trace, SlicesNestAndTimesAreSorted) {
  const std::string text = trace_json(job_, timeline_, {}, TraceDetail::kSome).value();
  double last = 0;
  const auto document = nlohmann::json::parse(text);
  for (const auto& event : document["traceEvents"]) {
    if (event["ph"] == "M") continue;
    EXPECT_GE(event["ts"].get<double>(), last);
    last = event["ts"].get<double>();
  }
  const ReadTrace trace = parse_trace(text, "trace").value();
  for (const auto& [id, process] : trace.processes) {
    std::map<std::int64_t, std::vector<const TraceSlice*>> open;
    for (const TraceSlice& slice : process.slices) {
      ASSERT_TRUE(process.threads.count(slice.thread) == 1) << slice.name;
      auto& stack = open[slice.thread];
      while (!stack.empty() && stack.back()->end <= slice.start) stack.pop_back();
      if (!stack.empty()) {
        ASSERT_LE(slice.end, stack.back()->end)
            << process.threads.at(slice.thread) << ": " << slice.name << " at " << slice.start
            << " in " << stack.back()->name << " at " << stack.back()->start;
      }
      stack.push_back(&slice);
    }
  }
}

// Every arrow has two ends, each in a slice of some length.
TEST_P(Trace, ArrowsLeadFromSliceToSlice) {
  const nlohmann::json json =
      nlohmann::json::parse(trace_json(job_, timeline_, {}, TraceDetail::kSome).value());
  std::map<std::tuple<int, int>, std::vector<std::pair<double, double>>> slices;
  for (const auto& event : json["traceEvents"]) {
    if (event["ph"] != "X") continue;
    const double start = event["ts"];
    slices[{event["pid"], event["tid"]}].emplace_back(start, start + event["dur"].get<double>());
  }
  std::map<int, int> ends;
  std::map<int, double> sent;
  for (const auto& event : json["traceEvents"]) {
    if (event["ph"] != "s" && event["ph"] != "f") continue;
    const double at = event["ts"];
    const auto& of = slices[{event["pid"], event["tid"]}];
    EXPECT_TRUE(std::any_of(of.begin(), of.end(), [at](const auto& slice) {
      return slice.first <= at && at < slice.second;
    })) << event;
    ends[event["id"]] += event["ph"] == "s" ? 1 : 10;
    if (event["ph"] == "s") sent[event["id"]] = at;
    if (event["ph"] == "f") {
      EXPECT_GE(at, sent.at(event["id"]));
    }
  }
  EXPECT_GT(ends.size(), 0U);
  for (const auto& [id, both] : ends) EXPECT_EQ(both, 11) << id;
}

// Each op as often as a GPU of the stage executes it in the step, and as long as the time reader
// has it: alone, what its duration says; beside others, that and what it is charged for.
TEST_P(Trace, StreamsAreAsBusyAsTheTimeReaderSays) {
  const TraceSummary some = summary_of(written(TraceDetail::kSome));
  const TraceSummary all = summary_of(written(TraceDetail::kAll));
  const sim::Program& program = *timeline_.program;
  for (std::size_t s = 0; s < timeline_.stages.size(); ++s) {
    std::map<std::string, double> alone;
    std::map<std::string, std::int64_t> ops;
    const sim::StageClass& stage = program.stages[timeline_.stages[s].stage_class];
    for_each_execution(program, stage, [&](std::size_t op, std::int64_t executions) {
      // The ends of a pipeline send one way only; that is tested below.
      if (program.ops[op].stream == sim::Stream::kPipeline) return;
      alone[name_of(program.ops[op].stream)] +=
          timeline_.durations[op].value() * static_cast<double>(executions);
      ops[name_of(program.ops[op].stream)] += executions;
    });
    for (const TraceSummary* summary : {&some, &all}) {
      std::map<std::string, StreamSummary> streams;
      for (const StreamSummary& stream : summary->processes[s].streams) {
        streams[stream.stream] = stream;
      }
      streams.erase("pp");
      ASSERT_EQ(streams.size(), ops.size());
      for (const auto& [name, stream] : streams) {
        EXPECT_EQ(stream.ops, ops[name]) << name;
        // Whole nanoseconds: half of one per block.
        const double rounding = 1e-9 * static_cast<double>(stream.ops);
        EXPECT_NEAR(static_cast<double>(stream.alone) * 1e-9, alone[name], rounding) << name;
        EXPECT_GE(static_cast<double>(stream.busy) * 1e-9, alone[name] - rounding) << name;
      }
    }
  }
}

// Compute of the busiest stage: products, attention and passes, and what it loses beside
// communication; with the optimizer as it is drawn.
TEST_P(Trace, ComputeTakesWhatTheStepIsChargedFor) {
  const TraceSummary summary = summary_of(written(TraceDetail::kSome));
  const sim::Simulation& simulation = timeline_.simulation;
  const auto share = [&](sim::StepBound bound) {
    return simulation.shares[static_cast<std::size_t>(bound)].value();
  };
  const std::size_t busiest = simulation.time.busiest_stage_class;
  double update = 0;
  for (const sim::TimedOp& op : timeline_.stages[busiest].update.ops) {
    if (timeline_.program->ops[op.op].stream == sim::Stream::kCompute) update += op.end - op.start;
  }
  for (const StreamSummary& stream : summary.processes[busiest].streams) {
    if (stream.stream != "compute") continue;
    EXPECT_NEAR(static_cast<double>(stream.busy) * 1e-9,
                share(sim::StepBound::kGemm) + share(sim::StepBound::kAttention) +
                    share(sim::StepBound::kMemoryPasses) + share(sim::StepBound::kInterference) +
                    update,
                1e-9 * static_cast<double>(stream.ops));
  }
}

TEST_P(Trace, EndsWithTheStep) {
  const TraceSummary summary = summary_of(written(TraceDetail::kSome));
  const double step = timeline_.simulation.time.step.value();
  const double end = static_cast<double>(summary.end) * 1e-9;
  if (layout_.pp == 1) {
    EXPECT_NEAR(end, step, 2e-9);
  } else {
    // Stages that differ, and chunks that do: the formula's bound (pipeline_time.hpp).
    EXPECT_NEAR(end, step, 0.02 * step);
  }
}

TEST_P(Trace, MemoryPeaksWhereTheMemoryReaderDoes) {
  for (const TraceDetail detail : {TraceDetail::kSome, TraceDetail::kAll}) {
    const TraceSummary summary = summary_of(written(detail));
    for (std::size_t s = 0; s < timeline_.stages.size(); ++s) {
      const sim::StageMemory& memory = timeline_.stages[s].memory;
      EXPECT_EQ(summary.processes[s].peak_bytes, memory.peak.value());
      std::int64_t sum = 0;
      for (const auto& [role, bytes] : summary.processes[s].peak_roles) {
        sum += bytes;
        EXPECT_GE(bytes, 0) << role;
      }
      EXPECT_EQ(sum, memory.peak.value());
    }
  }
}

// Whatever the simulator has read before: here the loops of a ring.
TEST_P(Trace, IsTheSameTextEachTime) {
  sim::Simulator other(job_);
  (void)other.evaluate(sim::resolve(job_, sim::parse_layout("ring=8").value()), true);
  EXPECT_EQ(trace_json(job_, other.timeline(layout_), {}, TraceDetail::kSome).value(),
            trace_json(job_, timeline_, {}, TraceDetail::kSome).value());
}

INSTANTIATE_TEST_SUITE_P(Of, Trace, testing::ValuesIn(kCases),
                         [](const auto& given) { return std::string(given.param.name); });

TEST(TraceFile, IsPackedAndUnpacked) {
  const std::string text(3'000'000, 'a');
  const std::string packed = gzip(text);
  EXPECT_TRUE(is_gzip(packed));
  EXPECT_LT(packed.size(), text.size() / 100);
  EXPECT_EQ(packed, gzip(text));
  EXPECT_EQ(gunzip(packed, text.size(), "a.gz").value(), text);
}

TEST(TraceFile, CutOffOrTooLargeIsRefused) {
  const std::string packed = gzip(std::string(1000, 'a'));
  EXPECT_FALSE(gunzip(packed.substr(0, packed.size() - 5), 1000, "a.gz").has_value());
  EXPECT_FALSE(gunzip(packed, 999, "a.gz").has_value());
  EXPECT_FALSE(gunzip("\x1f\x8bgarbage", 999, "a.gz").has_value());
}

TEST(TraceFile, OfSomebodyElseIsRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"traceEvents":1})", R"({"traceEvents":[]})",
        R"({"otherData":{},"traceEvents":[{"ph":"X"}]})", R"({"otherData":{},"traceEvents":[]})",
        R"({"otherData":{"producer":"x"},"traceEvents":[{"ph":"X","pid":1,"tid":1,"ts":"1"}]})"}) {
    EXPECT_FALSE(parse_trace(text, "trace.json").has_value()) << text;
  }
}

TEST(TraceFile, SaysWhichEventIsOdd) {
  const auto why = [](const std::string& times) {
    const auto read = parse_trace(
        R"({"otherData":{"producer":"x"},"traceEvents":[{"ph":"s","pid":1},{"ph":"X","pid":1,"tid":1,)" +
            times + R"("name":"a","cat":"b","args":{}}]})",
        "trace.json");
    return read ? std::string() : read.error().why;
  };
  EXPECT_EQ(why(R"("ts":1,"dur":2,)"), "");
  EXPECT_EQ(why(R"("ts":1,)"), "traceEvents[1] lacks what such an event has");
  EXPECT_EQ(why(R"("ts":-1,"dur":2,)"), "traceEvents[1] has a ts that no step has");
  EXPECT_EQ(why(R"("ts":1,"dur":1e300,)"), "traceEvents[1] has a dur that no step has");
}

}  // namespace
}  // namespace seqspan::cli
