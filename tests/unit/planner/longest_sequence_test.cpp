#include "planner/longest_sequence.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/layout/resolve.hpp"
#include "tests/support/job.hpp"

namespace seqspan::planner {
namespace {

// Eight cards of 80 GiB; Llama-3-8B with 8 KV heads.
sim::Job eight_gpus() {
  return tests::make_job("Llama-3-8B", sim::Framework::kMegatron, 1, 8192, 8);
}

sim::Bytes peak_at(sim::Job job, const sim::LayoutChoice& choice, std::int64_t tokens) {
  job.training.sequence_length = tokens;
  sim::Simulator simulator(job);
  return simulator.simulate(sim::resolve(job, choice)).peak.peak;
}

// What fits and what does not lie one unit apart, whatever the layout, and the numbers are the
// simulator's.
RC_GTEST_PROP(LongestSequence, IsTheLastThatFits, ()) {
  const std::int64_t ulysses = *rc::gen::element<std::int64_t>(1, 2, 4, 8);
  const bool full = *rc::gen::arbitrary<bool>();
  const sim::Job job = eight_gpus();
  sim::LayoutChoice choice;
  choice.ulysses = ulysses;
  choice.recompute = full ? sim::Recompute::kFull : sim::Recompute::kNone;
  const auto found = longest_sequence(job, choice);
  RC_ASSERT(found.has_value());
  RC_ASSERT(found->unit >= 1024);
  RC_ASSERT(found->tokens % found->unit == 0);
  RC_ASSERT(found->tokens > 0);
  const sim::Bytes capacity = job.cluster.device.memory;
  RC_ASSERT(peak_at(job, choice, found->tokens) == found->memory.peak);
  RC_ASSERT(found->memory.peak <= capacity);
  RC_ASSERT(found->next == found->tokens + found->unit);
  RC_ASSERT(peak_at(job, choice, found->next) == found->next_peak);
  RC_ASSERT(found->next_peak > capacity);
}

// Parameters alone are more than the card has.
TEST(LongestSequence, NoneWhereNotEvenOneUnitFits) {
  sim::Job job = eight_gpus();
  job.cluster.device.memory = sim::Bytes(sim::kGibi);
  const auto found = longest_sequence(job, {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tokens, 0);
  EXPECT_EQ(found->next, found->unit);
  EXPECT_GT(found->next_peak, job.cluster.device.memory);
}

TEST(LongestSequence, SaysWhichRuleALayoutBreaksAtEveryLength) {
  const sim::Job job = eight_gpus();
  sim::LayoutChoice choice;
  choice.ulysses = 16;
  const auto found = longest_sequence(job, choice);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().category, sim::ErrorCategory::kInput);
}

}  // namespace
}  // namespace seqspan::planner
