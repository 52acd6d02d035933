// What the program says attention holds, against the ledger in which each method notes its tensors
// by hand.
#include <gtest/gtest.h>

#include "tests/real/oracle/draw.hpp"
#include "tests/real/oracle/lowered.hpp"

namespace seqspan::oracle {
namespace {

struct Passes {
  std::int64_t ring_rank = 0;
  std::int64_t kept = 0;  // needed, when forward has returned
  std::int64_t forward_peak = 0;
  std::int64_t backward_peak = 0;
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
    passes.forward_peak = ledger.needed().peak;
    passes.at_forward_peak = list_needed(ledger.needed().at_peak);
    passes.kept = ledger.needed().live;
    passes.kept_tensors = list_needed(ledger.entries());
  }
  Tensor output_gradient = tensor("dO, own rows", heads.query_row());
  ledger.start_peak();
  const Gradients gradients = attention->backward(std::move(output_gradient));
  passes.backward_peak = ledger.needed().peak;
  passes.at_backward_peak = list_needed(ledger.needed().at_peak);
  return passes;
}

TEST(Oracle, ProgramHoldsWhatTheLedgersNote) {
  std::uint64_t seed = 3000;
  for (const Plan& plan : context_plans(world_size())) {
    for (const KvHeads kv : {KvHeads::kAll, KvHeads::kGrouped, KvHeads::kFew}) {
      Dice dice(++seed);
      const Sizes sizes = draw_sizes(dice, plan, kv);
      SCOPED_TRACE(name_of(plan) + " seed " + std::to_string(seed));
      const Passes held = run(plan, sizes, dice);
      for (const sim::Framework framework : frameworks_of(plan, sizes)) {
        const AttentionMemory predicted =
            attention_memory(lower_layer(plan, sizes, 1, held.ring_rank, framework));
        SCOPED_TRACE(sim::name_of(framework));
        EXPECT_EQ(predicted.kept, held.kept)
            << "kept\n  program:" << predicted.kept_tensors << "\n  ledger:" << held.kept_tensors;
        EXPECT_EQ(predicted.forward_peak, held.forward_peak)
            << "forward\n  program:" << predicted.at_forward_peak
            << "\n  ledger:" << held.at_forward_peak;
        EXPECT_EQ(predicted.backward_peak, held.backward_peak)
            << "backward\n  program:" << predicted.at_backward_peak
            << "\n  ledger:" << held.at_backward_peak;
      }
    }
  }
}

}  // namespace
}  // namespace seqspan::oracle
