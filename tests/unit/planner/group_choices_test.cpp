// The GPUs that share a sequence, shared out otherwise.
#include "planner/group_choices.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/spec/layout_text.hpp"
#include "tests/support/job.hpp"

namespace seqspan::planner {
namespace {

using sim::Framework;
using tests::layout_of;
using tests::make_job;

const GroupChoice* find(const std::vector<GroupChoice>& choices, std::int64_t tp,
                        std::int64_t ulysses) {
  const auto found = std::find_if(choices.begin(), choices.end(), [&](const GroupChoice& choice) {
    return choice.layout.tp == tp && choice.layout.ulysses == ulysses;
  });
  return found == choices.end() ? nullptr : &*found;
}

TEST(GroupChoices, KeepTheGroupAndAllElse) {
  const sim::Job job = make_job("Llama-3-8B", Framework::kYunchang, 2, 131072, 2);
  sim::Simulator simulator(job);
  const sim::Layout layout = layout_of(job, "ulysses=4,ring=2,recompute=full");
  const std::vector<GroupChoice> choices = group_choices(simulator, layout);
  EXPECT_EQ(choices.size(), 4U) << "u = 1, 2, 4, 8; yunchang has no tensor parallelism";
  sim::Seconds last(0);
  for (const GroupChoice& choice : choices) {
    EXPECT_EQ(choice.layout.tp * choice.layout.cp(), 8);
    EXPECT_EQ(choice.layout.dp, layout.dp);
    EXPECT_EQ(choice.layout.recompute, layout.recompute);
    if (choice.refused) continue;
    EXPECT_GE(choice.step, last);
    last = choice.step;
    const sim::Evaluation evaluation = simulator.evaluate(choice.layout);
    EXPECT_EQ(choice.step, evaluation.step);
    EXPECT_EQ(choice.peak, evaluation.peak);
  }
}

// Llama-3-8B, g = 8, on 16 GPUs: yunchang refuses ulysses=16, DeepSpeed repeats each KV head. Sent
// by Ulysses, forward, backward and recomputed forward: 3 x 15/16 x 2 B x (2 N_q + 2 N_k'), with
// T = 131072/16 = 8192, N_q = T x 32 x 128, N_k' = T x 16 x 128 (repeated): 3 x 15/16 x 2 x
// 100,663,296 = 566,231,040 B a layer, times 32; and 15/16 of 8 x 131072 B of position ids, twice.
TEST(GroupChoices, CountCopiesOfKvHeads) {
  const auto choices_of = [](Framework framework, const char* layout) {
    const sim::Job job = make_job("Llama-3-8B", framework, 2, 131072, 1);
    sim::Simulator simulator(job);
    return group_choices(simulator, layout_of(job, layout));
  };
  const auto yunchang = choices_of(Framework::kYunchang, "ulysses=8,ring=2,recompute=full");
  const GroupChoice* refused = find(yunchang, 1, 16);
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refused, sim::ReasonCode::kKvHeadsNotDivisibleByUlysses);
  EXPECT_EQ(refused->kv_copies, 2);
  EXPECT_EQ(find(yunchang, 1, 8)->kv_copies, 1);

  const auto deepspeed = choices_of(Framework::kDeepSpeed, "ulysses=16,recompute=full");
  const GroupChoice* repeated = find(deepspeed, 1, 16);
  ASSERT_NE(repeated, nullptr);
  EXPECT_FALSE(repeated->refused.has_value());
  EXPECT_EQ(repeated->kv_copies, 2);
  EXPECT_EQ(repeated->sent, sim::Bytes(std::int64_t{32} * (566'231'040 + 2 * 983'040)));

  const auto megatron = choices_of(Framework::kMegatron, "tp=16,recompute=full");
  EXPECT_EQ(find(megatron, 16, 1)->kv_copies, 2) << "gathered over TP";
}

TEST(GroupChoices, NoneWhereOneGpuHasTheSequence) {
  const sim::Job job = make_job("Llama-3-8B", Framework::kMegatron, 1, 8192, 8);
  sim::Simulator simulator(job);
  EXPECT_TRUE(group_choices(simulator, layout_of(job, "dp=8")).empty());
}

}  // namespace
}  // namespace seqspan::planner
