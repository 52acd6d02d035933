// The attention half under tensor and sequence parallelism, alone and around context parallelism,
// against the dense answer of one rank.
#include "tests/real/oracle/tensor_parallel.hpp"
#include "tests/real/oracle/check.hpp"
#include "tests/real/oracle/dense_layer.hpp"
#include "tests/real/oracle/draw.hpp"

namespace seqspan::oracle {
namespace {

// Weight gradients are sums over all rows, which context parallel ranks share out. Not part of the
// method (gradient reduction adds them up), so not counted: PMPI.
std::vector<float> sum_over_context(const Grid& grid, std::vector<float> gradient) {
  const Group same_part("weights", grid.tensor_rank);
  PMPI_Allreduce(MPI_IN_PLACE, gradient.data(), static_cast<int>(gradient.size()), MPI_FLOAT,
                 MPI_SUM, same_part.handle());
  return gradient;
}

void expect_dense_answer(const Plan& plan, const LayerProblem& problem) {
  const Grid grid(plan.degrees);
  const LayerHeads& layer = problem.layer;
  const std::int64_t t = plan.degrees.tensor;
  const std::int64_t row = layer.heads.batch * layer.hidden;
  const Rows rows = rows_of(plan, grid, problem.sequence);
  const Rows own_rows = part_of(rows, t, grid.tensor_rank);
  const auto shard = [&](const auto& whole) { return take_rows(whole, own_rows, row); };
  const std::int64_t qkv_part = layer.qkv_width() / t;
  const auto qkv_columns = [&](const auto& whole) {
    return take_columns(whole, layer.qkv_width(), grid.tensor_rank * qkv_part, qkv_part);
  };
  const std::int64_t output_part = layer.query_width() / t;
  const auto output_rows = [&](const auto& whole) {
    const auto first = whole.begin() + grid.tensor_rank * output_part * layer.hidden;
    return std::decay_t<decltype(whole)>(first, first + output_part * layer.hidden);
  };

  Ledger ledger;
  TensorParallelHalf half(
      ledger, layer, grid.tensor, rows, qkv_columns(problem.qkv), output_rows(problem.output),
      make_attention(plan, grid,
                     {ledger, problem.mask, library_of(plan), heads_of_rank(layer, t), rows}));
  const LayerAnswer answer = solve(problem);
  expect_equal("y", half.forward(shard(problem.input)), shard(answer.output));
  const auto gradients = half.backward(shard(problem.output_gradient));
  expect_equal("dx", gradients.input, shard(answer.input_gradient));
  expect_equal("dW_qkv", sum_over_context(grid, gradients.qkv), qkv_columns(answer.qkv_gradient));
  expect_equal("dW_o", sum_over_context(grid, gradients.output),
               output_rows(answer.output_weight_gradient));
}

TEST(Oracle, TensorParallelHalfGivesTheDenseAnswer) {
  std::uint64_t seed = 1000;
  for (const Plan& plan : tensor_plans(world_size())) {
    for (const bool documents : {false, true}) {
      for (const KvHeads kv : {KvHeads::kAll, KvHeads::kGrouped, KvHeads::kFew}) {
        Dice dice(++seed);
        const Sizes sizes = draw_sizes(dice, plan, kv);
        SCOPED_TRACE(name_of(plan) + " seed " + std::to_string(seed));
        expect_dense_answer(plan, draw_layer(dice, sizes, dice.integer(3, 12), documents));
      }
    }
  }
}

}  // namespace
}  // namespace seqspan::oracle
