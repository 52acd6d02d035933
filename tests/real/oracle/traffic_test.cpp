// What the program says is sent, op by op and in order, against what MPI was asked to send.
//
// The program's activations are bf16 where the oracle computes in float32, so elements are
// compared; where both have the same element size (fp32 gradients under ring-flash-attention, int64
// position ids) the bytes are equal too.
#include <gtest/gtest.h>

#include "tests/real/oracle/dense_layer.hpp"
#include "tests/real/oracle/draw.hpp"
#include "tests/real/oracle/lowered.hpp"
#include "tests/real/oracle/tensor_parallel.hpp"
#include "tests/real/oracle/wire.hpp"

namespace seqspan::oracle {
namespace {

struct Passes {
  std::int64_t ring_rank = 0;
  int ring_size = 1;
  std::vector<Sent> forward;
  std::vector<Sent> backward;
};

// Runs one attention half, tensor parallel or not, and records what it sends.
Passes record(const Plan& plan, const Sizes& sizes, std::int64_t hidden, Dice& dice) {
  const Grid grid(plan.degrees);
  const std::int64_t t = plan.degrees.tensor;
  const LayerHeads layer{{sizes.batch, sizes.query_heads, sizes.kv_heads, sizes.head_dim}, hidden};
  const Rows rows = rows_of(plan, grid, sizes.sequence);
  const Mask mask = draw_mask(dice, sizes, false);
  const auto lines = static_cast<std::int64_t>(rows.size()) * sizes.batch;
  Ledger ledger;
  auto attention =
      make_attention(plan, grid, {ledger, mask, library_of(plan), heads_of_rank(layer, t), rows});
  Passes passes{
      .ring_rank = grid.ring_rank, .ring_size = grid.ring.size(), .forward = {}, .backward = {}};
  (void)take_sent();
  if (t > 1) {
    TensorParallelHalf half(ledger, layer, grid.tensor, rows,
                            dice.numbers(hidden * layer.qkv_width() / t),
                            dice.numbers(layer.query_width() / t * hidden), std::move(attention));
    (void)half.forward(dice.numbers(lines / t * hidden));
    passes.forward = take_sent();
    (void)half.backward(dice.numbers(lines / t * hidden));
    passes.backward = take_sent();
    return passes;
  }
  const auto tensor = [&](std::int64_t heads) {
    return Tensor(ledger, "input", Stored::kBFloat16, dice.numbers(lines * heads * sizes.head_dim));
  };
  Tensor query = tensor(sizes.query_heads);
  Tensor key = tensor(sizes.kv_heads);
  Tensor value = tensor(sizes.kv_heads);
  (void)attention->forward(std::move(query), std::move(key), std::move(value));
  passes.forward = take_sent();
  (void)attention->backward(tensor(sizes.query_heads));
  passes.backward = take_sent();
  return passes;
}

Call call_of(sim::Collective collective) {
  switch (collective) {
    case sim::Collective::kAllToAll:
      return Call::kAllToAll;
    case sim::Collective::kAllGather:
      return Call::kAllGather;
    case sim::Collective::kReduceScatter:
      return Call::kReduceScatter;
    default:
      return Call::kSend;
  }
}

std::string group_of(sim::Axis axis) {
  return axis == sim::Axis::kTensor ? "tensor" : axis == sim::Axis::kUlysses ? "ulysses" : "ring";
}

void expect_same(const sim::Program& program, const std::vector<const sim::Op*>& ops,
                 const std::vector<Sent>& sent, int ring_size) {
  std::size_t next = 0;
  for (const sim::Op* op : ops) {
    SCOPED_TRACE(op->name);
    const auto& work = std::get<sim::Communication>(op->work);
    const std::int64_t element =
        sim::bytes_per_element(program.tensor(*op->reads.begin()).data_type);
    const std::int64_t elements =
        sim::bytes_sent(work, program.group_size(work.axis)).value() / element / work.messages;
    for (std::int64_t message = 0; message < work.messages; ++message, ++next) {
      ASSERT_LT(next, sent.size()) << "the program sends more often";
      EXPECT_STREQ(name_of(sent[next].call), name_of(call_of(work.collective)));
      EXPECT_EQ(sent[next].group, group_of(work.axis));
      EXPECT_EQ(sent[next].elements, elements);
      EXPECT_EQ(sent[next].element_bytes, element == 8 ? 8 : 4);
      if (sent[next].call != Call::kSend) continue;
      EXPECT_EQ(sent[next].offset, work.to_predecessor ? ring_size - 1 : 1);
    }
  }
  EXPECT_EQ(next, sent.size()) << "the program sends less often";
}

void expect_program_agrees(const Plan& plan, const Sizes& sizes, Dice& dice) {
  const std::int64_t hidden = plan.degrees.tensor * dice.integer(1, 6);
  const Passes passes = record(plan, sizes, hidden, dice);
  for (const sim::Framework framework : frameworks_of(plan, sizes)) {
    SCOPED_TRACE(sim::name_of(framework));
    const sim::Program program = lower_layer(plan, sizes, hidden, passes.ring_rank, framework);
    expect_same(program, attention_traffic(program, false), passes.forward, passes.ring_size);
    expect_same(program, attention_traffic(program, true), passes.backward, passes.ring_size);
  }
}

TEST(Oracle, ProgramSendsWhatMpiWasAskedToSend) {
  std::vector<Plan> plans = context_plans(world_size());
  for (const Plan& plan : tensor_plans(world_size())) plans.push_back(plan);
  std::uint64_t seed = 2000;
  for (const Plan& plan : plans) {
    for (const KvHeads kv : {KvHeads::kAll, KvHeads::kGrouped, KvHeads::kFew}) {
      Dice dice(++seed);
      const Sizes sizes = draw_sizes(dice, plan, kv);
      SCOPED_TRACE(name_of(plan) + " seed " + std::to_string(seed));
      expect_program_agrees(plan, sizes, dice);
    }
  }
}

// Whom a message goes to: forward to the next rank of the ring; backward the other way under
// TransformerEngine, the same way under ring-flash-attention (context_parallel.py send_dst;
// ring-flash-attention utils.py RingComm).
TEST(Oracle, RingsSendToTheNeighboursThatTheFrameworksSendTo) {
  const int ranks = world_size();
  if (ranks == 1) GTEST_SKIP() << "one rank is no ring";
  Dice dice(1);
  for (const Plan& plan : context_plans(ranks)) {
    if (plan.degrees.ring != ranks || plan.gathers_keys) continue;
    SCOPED_TRACE(name_of(plan));
    const bool turns = plan.family == Family::kTransformerEngine;
    const Passes passes = record(plan, draw_sizes(dice, plan, KvHeads::kAll), 1, dice);
    for (const Sent& sent : passes.forward) EXPECT_EQ(sent.offset, 1);
    for (const Sent& sent : passes.backward) EXPECT_EQ(sent.offset, turns ? ranks - 1 : 1);
  }
}

}  // namespace
}  // namespace seqspan::oracle
