// What the program says attention holds, against the ledger in which each method notes its tensors
// by hand.
#include <gtest/gtest.h>

#include "tests/real/oracle/draw.hpp"
#include "tests/real/oracle/lowered.hpp"

namespace seqspan::oracle {
namespace {

struct Account {
  std::int64_t kept = 0;  // when forward has returned
  std::int64_t forward_peak = 0;
  std::int64_t backward_peak = 0;
};

struct Passes {
  std::int64_t ring_rank = 0;
  Account needed;
  Account held;
  std::string kept_tensors;
  std::string at_forward_peak;
  std::string at_backward_peak;
};

std::string list_needed(const std::vector<Ledger::Entry>& entries) {
  std::string text;
  for (const Ledger::Entry& entry : entries) {
    if (entry.use == Use::kNeeded)
      text += "\n    " + entry.name + " " + std::to_string(entry.bytes);
  }
  return text;
}

Passes run(const Plan& plan, const Sizes& sizes, Dice& dice) {
  const Grid grid(plan.degrees);
  const Heads heads{sizes.batch, sizes.query_heads, sizes.kv_heads, sizes.head_dim};
  const Rows rows = rows_of(plan, grid, sizes.sequence);
  const auto count = static_cast<std::int64_t>(rows.size());
  const Mask mask = draw_mask(dice, sizes, false);
  Ledger ledger;
  const auto attention = make_attention(plan, grid, {ledger, mask, library_of(plan), heads, rows});
  const auto tensor = [&](const char* name, std::int64_t row) {
    return Tensor(ledger, name, Stored::kBFloat16, dice.numbers(count * row));
  };
  Passes passes;
  passes.ring_rank = grid.ring_rank;
  {
    Tensor output;
    {
      // The caller's variables hold q, k and v until attention returns.
      const Tensor query = tensor("q, own rows", heads.query_row());
      const Tensor key = tensor("k, own rows", heads.kv_row());
      const Tensor value = tensor("v, own rows", heads.kv_row());
      ledger.start_peak();
      output = attention->forward(query, key, value);
    }
    passes.needed.forward_peak = ledger.needed().peak;
    passes.held.forward_peak = ledger.held().peak;
    passes.at_forward_peak = list_needed(ledger.needed().at_peak);
    passes.needed.kept = ledger.needed().live;
    passes.held.kept = ledger.held().live;
    passes.kept_tensors = list_needed(ledger.entries());
  }
  {
    // TransformerEngine's backward is one function, whose caller holds dO.
    Tensor output_gradient = tensor("dO, own rows", heads.query_row());
    Tensor argument = output_gradient;
    if (plan.family != Family::kTransformerEngine) argument.release();
    ledger.start_peak();
    const Gradients gradients = attention->backward(std::move(output_gradient));
    passes.needed.backward_peak = ledger.needed().peak;
    passes.held.backward_peak = ledger.held().peak;
    passes.at_backward_peak = list_needed(ledger.needed().at_peak);
  }
  return passes;
}

// Elements of a rank of the core, whose heads and rows are n of q, dealt out by Ulysses already.
struct Elements {
  Elements(const Plan& plan, const Sizes& sizes) {
    const std::int64_t rows = sizes.sequence / plan.degrees.context() * sizes.batch;
    query = rows * sizes.query_heads * sizes.head_dim;
    lse = rows * sizes.query_heads;
  }
  std::int64_t query;  // N_q
  std::int64_t lse;
};

void expect_agreement(const AttentionMemory& program, const Passes& ledger) {
  EXPECT_EQ(program.kept, ledger.needed.kept)
      << "  program:" << program.kept_tensors << "\n  ledger:" << ledger.kept_tensors;
  EXPECT_EQ(program.forward_peak, ledger.needed.forward_peak)
      << "  program:" << program.at_forward_peak << "\n  ledger:" << ledger.at_forward_peak;
  EXPECT_EQ(program.backward_peak, ledger.needed.backward_peak)
      << "  program:" << program.at_backward_peak << "\n  ledger:" << ledger.at_backward_peak;
}

// What is needed: the program frees a tensor after its last use. Of every rank, whose program is
// its own.
TEST(Oracle, ProgramHoldsWhatTheLedgersNote) {
  std::uint64_t seed = 3000;
  for (const Plan& plan : context_plans(world_size())) {
    for (const KvHeads kv : {KvHeads::kAll, KvHeads::kGrouped, KvHeads::kFew}) {
      Dice dice(++seed);
      const Sizes sizes = draw_sizes(dice, plan, kv);
      SCOPED_TRACE(name_of(plan) + " seed " + std::to_string(seed));
      const Passes ledger = run(plan, sizes, dice);
      const sim::Framework framework = frameworks_of(plan, sizes).front();
      const AttentionMemory program =
          attention_memory(lower_layer(plan, sizes, 1, ledger.ring_rank, framework));
      expect_agreement(program, ledger);
    }
  }
}

// TransformerEngine's Ulysses holds far more than it needs. MHA, N elements of q in bf16 each, at
// the all-to-alls of O and of dV:
//   forward   q, k, v of the caller (3), q, k, v, o after the exchange (4) and LSE, o's send copy,
//   o
//             as it arrived and in order (3): 10 N + LSE, of which it needs 6 N + LSE
//   backward  saved q, k, v, o (4) and LSE, dO of the caller and as it arrived (2), dQ, dK, dV (3),
//             their send copies (3), dQ and dK arrived (2), dV as it arrived and in order (2):
//             16 N + LSE
TEST(Oracle, TransformerEngineUlyssesHoldsCopiesUntilItsFunctionsReturn) {
  const std::int64_t ranks = world_size();
  if (ranks == 1) GTEST_SKIP() << "one rank exchanges nothing";
  const Plan plan{.degrees = {.ulysses = ranks}};
  Dice dice(4000);
  const Sizes sizes = draw_sizes(dice, plan, KvHeads::kAll);
  const Elements n(plan, sizes);
  const Passes passes = run(plan, sizes, dice);
  EXPECT_EQ(passes.held.forward_peak, 20 * n.query + 4 * n.lse);
  EXPECT_EQ(passes.needed.forward_peak, 12 * n.query + 4 * n.lse);
  EXPECT_EQ(passes.held.backward_peak, 32 * n.query + 4 * n.lse);
}

}  // namespace
}  // namespace seqspan::oracle
