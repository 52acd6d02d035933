#include "sim/engine/schedule_clock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "sim/program/builder.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

constexpr double kSame = 1e-9;

bool near(double a, double b) { return std::abs(a - b) <= kSame * std::max({a, b, 1e-12}); }

// Random durations, some of them 0, for every op of a program.
std::vector<Seconds> random_durations(const Program& program) {
  std::vector<Seconds> durations;
  for (std::size_t i = 0; i < program.ops.size(); ++i) {
    durations.emplace_back(*rc::gen::inRange(0, 1000) * 1e-6);
  }
  return durations;
}

// Repeating a block in one go equals running it as often one by one, whatever takes longest: the
// rhythm is added, not guessed.
RC_GTEST_PROP(ScheduleClock, RepetitionEqualsRunningOneByOne, ()) {
  const char* text =
      *rc::gen::element("tp=2,ulysses=4", "ring=8", "ulysses=2,ring=4,recompute=full",
                        "tp=2,ring=4,recompute=selective", "dp=8,sharding=parameters", "dp=4,tp=2");
  const Job job = tests::make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  const Program program = tests::program_of(job, text);
  const std::vector<Seconds> durations = random_durations(program);
  const Part& layer = tests::part_named(program, "layer");
  const auto count = *rc::gen::inRange<std::int64_t>(1, 130);
  const MicroBatchPosition position{*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
  for (const BlockIndex index : {layer.forward, layer.backward}) {
    const Block& block = program.blocks[index];
    ScheduleClock together;
    together.begin(program, durations);
    together.restart(position);
    together.run(block, count);
    ScheduleClock apart;
    apart.begin(program, durations);
    apart.restart(position);
    for (std::int64_t i = 0; i < count; ++i) apart.run(block, 1);
    RC_ASSERT(near(together.compute_end().value(), apart.compute_end().value()));
    RC_ASSERT(near(together.end().value(), apart.end().value()));
    const auto sum = [](std::span<const double> values) {
      return std::accumulate(values.begin(), values.end(), 0.0);
    };
    RC_ASSERT(near(sum(together.exposed()), sum(apart.exposed())));
  }
}

// Without counting waits all clocks are where they are with it, to the last digit.
RC_GTEST_PROP(ScheduleClock, CountingWaitsMovesNoClock, ()) {
  const char* text =
      *rc::gen::element("tp=2,ulysses=4", "ring=8", "ulysses=2,ring=4,recompute=full",
                        "dp=8,sharding=parameters", "dp=4,tp=2");
  const Job job = tests::make_job("Llama-3-8B", Framework::kMegatron, 1, 131072, 8);
  const Program program = tests::program_of(job, text);
  const std::vector<Seconds> durations = random_durations(program);
  const Part& layer = tests::part_named(program, "layer");
  const auto count = *rc::gen::inRange<std::int64_t>(1, 40);
  ScheduleClock counting;
  ScheduleClock other;
  other.count_waits(false);
  for (ScheduleClock* clock : {&counting, &other}) {
    clock->begin(program, durations);
    clock->restart({});
    clock->run(program.blocks[layer.forward], count);
    clock->save();
    clock->run(program.blocks[layer.backward], count);
  }
  RC_ASSERT(counting.compute_end() == other.compute_end());
  RC_ASSERT(counting.end() == other.end());
  RC_ASSERT(other.exposed().empty());
  // From here on they are counted there as well.
  other.count_waits(true);
  for (ScheduleClock* clock : {&counting, &other}) {
    clock->restart({});
    clock->run(program.blocks[layer.backward], count);
  }
  RC_ASSERT(std::equal(counting.exposed().begin(), counting.exposed().end(),
                       other.exposed().begin(), other.exposed().end()));
}

// Runs a block op by op, loops iteration by iteration: no rhythm, no short cut.
double run_every_iteration(const Program& program, const std::vector<Seconds>& durations,
                           const Block& block) {
  std::array<double, kStreamCount> free{};
  std::vector<double> ready(program.tensors.size(), 0.0);
  const auto run = [&](std::size_t index) {
    const Op& op = program.ops[index];
    if (op.when != When::kEvery) return;
    double& stream = free[static_cast<std::size_t>(op.stream)];
    for (const TensorId id : op.reads) stream = std::max(stream, ready[index_of(id)]);
    stream += durations[index].value();
    for (const TensorId id : op.writes) ready[index_of(id)] = stream;
  };
  std::size_t loop_index = block.first_loop;
  for (std::size_t i = block.first_op; i < block.first_op + block.op_count;) {
    const bool at_loop =
        loop_index < block.first_loop + block.loop_count && i == program.loops[loop_index].first;
    if (!at_loop) {
      run(i++);
      continue;
    }
    const Loop& loop = program.loops[loop_index++];
    for (std::int64_t iteration = 0; iteration < loop.times; ++iteration) {
      for (std::size_t j = loop.first; j < loop.first + loop.count; ++j) run(j);
      for (std::size_t c = 0; c < loop.carry_count; ++c) {
        ready[index_of(loop.carries[c].to)] = ready[index_of(loop.carries[c].from)];
      }
    }
    i += loop.count;
  }
  return *std::max_element(free.begin(), free.end());
}

// A loop that is skipped ahead ends when running every iteration ends, for every framework's ring,
// forward and backward.
RC_GTEST_PROP(ScheduleClock, SkippedLoopsEqualEveryIteration, ()) {
  const Framework framework = *rc::gen::element(Framework::kMegatron, Framework::kYunchang);
  const Job job = tests::make_job("Llama-3-8B", framework, 8, 131072, 8);
  Layout layout;
  layout.ring = *rc::gen::inRange<std::int64_t>(2, 65);
  layout.recompute = *rc::gen::element(Recompute::kNone, Recompute::kFull);
  layout.loss_chunks = *rc::gen::inRange<std::int64_t>(1, 20);
  Program program;
  lower(job, layout, program);
  const std::vector<Seconds> durations = random_durations(program);
  for (const Part& part : program.parts) {
    for (const BlockIndex index : {part.forward, part.backward}) {
      const Block& block = program.blocks[index];
      ScheduleClock clock;
      clock.begin(program, durations);
      clock.restart({});
      clock.run(block, 1);
      RC_ASSERT(near(clock.end().value(), run_every_iteration(program, durations, block)));
    }
  }
}

// Equal ops on either side of a hop that vanishes wait for nothing, however many hops there are.
TEST(ScheduleClock, RingWithoutHopsExposesNothing) {
  const Job job = tests::make_job("Llama-3-8B", Framework::kMegatron, 2, 131072, 8);
  const Program program = tests::program_of(job, "ring=16");
  std::vector<Seconds> durations;
  for (const Op& op : program.ops) {
    const bool hop = std::holds_alternative<Communication>(op.work);
    durations.emplace_back(hop ? 1e-6 : 1e-3);
  }
  ScheduleClock clock;
  clock.begin(program, durations);
  clock.restart({});
  clock.run(program.blocks[tests::part_named(program, "layer").backward], 4);
  for (const double exposed : clock.exposed()) EXPECT_LT(exposed, 1e-9);
}

struct Overlap {
  Program program;
  std::vector<Seconds> durations;
};

// A message of 3 s beside compute of 2 s that does not need it, then compute that does: the last op
// waits 1 s for the message.
Overlap overlapping() {
  Overlap result;
  ProgramBuilder builder(result.program);
  builder.begin_part("test");
  const TensorId input = builder.bfloat16("input", {Extent{"n", 8}});
  const TensorId message = builder.bfloat16("message", {Extent{"n", 8}});
  const TensorId other = builder.bfloat16("other", {Extent{"n", 8}});
  const TensorId output = builder.bfloat16("output", {Extent{"n", 8}});
  builder.begin_forward("forward", {input}, {output});
  builder.communicate("send", {Collective::kRingShift, Axis::kRing, Bytes(16)}, {input}, {message});
  builder.memory_pass("hides the message", {input}, {other});
  builder.memory_pass("needs the message", {message, other}, {output});
  builder.end_block();
  builder.end_part();
  result.durations = {Seconds(3), Seconds(2), Seconds(4)};
  return result;
}

TEST(ScheduleClock, ChargesOnlyWhatComputeWaitsFor) {
  const Overlap overlap = overlapping();
  ScheduleClock clock;
  clock.begin(overlap.program, overlap.durations);
  clock.restart({});
  clock.run(overlap.program.blocks[0], 1);
  EXPECT_DOUBLE_EQ(clock.compute_end().value(), 7.0);  // max(3, 2) + 4
  EXPECT_DOUBLE_EQ(clock.exposed()[0], 1.0);           // 3 - 2
  EXPECT_DOUBLE_EQ(clock.exposed()[1], 0.0);
}

// The next repetition's message needs the output of this one: 10 x 7 s.
TEST(ScheduleClock, RepetitionsFeedEachOther) {
  const Overlap overlap = overlapping();
  ScheduleClock clock;
  clock.begin(overlap.program, overlap.durations);
  clock.restart({});
  clock.run(overlap.program.blocks[0], 10);
  EXPECT_NEAR(clock.compute_end().value(), 70.0, kSame);
  EXPECT_NEAR(clock.exposed()[0], 10.0, kSame);
}

}  // namespace
}  // namespace seqspan::sim
