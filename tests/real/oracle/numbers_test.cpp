// Every method, forward and backward, against the dense answer of one rank in double precision.
#include "tests/real/oracle/check.hpp"
#include "tests/real/oracle/dense.hpp"
#include "tests/real/oracle/draw.hpp"

namespace seqspan::oracle {
namespace {

void expect_dense_answer(const Plan& plan, const Problem& problem) {
  const Grid grid(plan.degrees);
  const Sizes& sizes = problem.sizes;
  const Rows rows = rows_of(plan, grid, sizes.sequence);
  const Heads heads{sizes.batch, sizes.query_heads, sizes.kv_heads, sizes.head_dim};
  Ledger ledger;
  const auto method =
      make_attention(plan, grid, {ledger, problem.mask, library_of(plan), heads, rows});
  const auto query_rows = [&](const auto& whole) {
    return take_rows(whole, rows, heads.query_row());
  };
  const auto kv_rows = [&](const auto& whole) { return take_rows(whole, rows, heads.kv_row()); };
  const auto tensor = [&](std::vector<float> values) {
    return Tensor(ledger, "input", Stored::kBFloat16, std::move(values));
  };

  const Answer answer = solve(problem);
  const Tensor output =
      method->forward(tensor(query_rows(problem.query)), tensor(kv_rows(problem.key)),
                      tensor(kv_rows(problem.value)));
  expect_equal("o", output.values(), query_rows(answer.output));
  const LogSumExp lse = method->log_sum_exp();
  expect_equal("LSE", lse.values,
               take_columns(take_rows(answer.log_sum_exp, lse.rows, heads.lse_row()),
                            heads.query_heads, lse.first_head, lse.heads));
  const Gradients gradients = method->backward(tensor(query_rows(problem.output_gradient)));
  expect_equal("dQ", gradients.query.values(), query_rows(answer.query_gradient));
  expect_equal("dK", gradients.key.values(), kv_rows(answer.key_gradient));
  expect_equal("dV", gradients.value.values(), kv_rows(answer.value_gradient));
}

TEST(Oracle, EveryMethodGivesTheDenseAnswer) {
  constexpr int kDraws = 3;
  std::uint64_t seed = 1;
  for (const Plan& plan : context_plans(world_size())) {
    for (const bool documents : {false, true}) {
      for (const KvHeads kv : {KvHeads::kAll, KvHeads::kGrouped, KvHeads::kFew}) {
        for (int i = 0; i < kDraws; ++i) {
          Dice dice(++seed);
          const Sizes sizes = draw_sizes(dice, plan, kv);
          SCOPED_TRACE(name_of(plan) + " seed " + std::to_string(seed));
          expect_dense_answer(plan, draw_problem(dice, sizes, documents));
        }
      }
    }
  }
}

}  // namespace
}  // namespace seqspan::oracle
