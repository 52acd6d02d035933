// Recomputation that ends early: what of a layer's forward runs again, and for whom.
#include <gtest/gtest.h>

#include "sim/layout/legality.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

using tests::for_each_op;
using tests::layer_bytes_sent;
using tests::layout_of;
using tests::make_job;
using tests::part_named;
using tests::program_of;

Job with_early_stop(const std::string& model, Framework framework, bool stops) {
  Job job = make_job(model, framework, 1, 8192, 8);
  job.training.recompute_early_stop = stops;
  return job;
}

// m n k of the products that backward of a layer runs again.
std::int64_t recomputed_products(const Job& job, const char* layout, std::string_view part) {
  const Program program = program_of(job, layout);
  std::int64_t sum = 0;
  const auto add = [&](const Op& op, std::int64_t times) {
    const auto* gemm = std::get_if<Gemm>(&op.work);
    if (gemm == nullptr || op.pass != Pass::kRecompute) return;
    sum += times * gemm->groups * gemm->m * gemm->n * gemm->k;
  };
  for_each_op(program, program.blocks[part_named(program, part).backward], add);
  return sum;
}

// GPT-2: h = 768, f = 4 h. Forward multiplies by 12 h^2 numbers, of which the down projection's 4.
TEST(EarlyStop, LeavesOutTheDownProjection) {
  const char* layout = "micro_batch=1,recompute=full";
  const std::int64_t one = 8192LL * 768 * 768;
  EXPECT_EQ(
      recomputed_products(with_early_stop("GPT-2", Framework::kTorchTitan, false), layout, "layer"),
      12 * one);
  EXPECT_EQ(
      recomputed_products(with_early_stop("GPT-2", Framework::kTorchTitan, true), layout, "layer"),
      8 * one);
}

// Llama-3-8B: h = 4096, f = 3.5 h, a quarter as many KV heads: 2.5 h^2 of attention, 3 x 3.5 h^2.
TEST(EarlyStop, LeavesOutTheDownProjectionOfGatedFeedForwards) {
  const char* layout = "micro_batch=1,recompute=full";
  const std::int64_t half = 8192LL * 4096 * 2048;
  const auto products = [&](bool stops) {
    return recomputed_products(with_early_stop("Llama-3-8B", Framework::kTorchTitan, stops), layout,
                               "layer");
  };
  EXPECT_EQ(products(false), 26 * half);
  EXPECT_EQ(products(true), 19 * half);
}

// Of the two sums over TP in a layer's forward (a gather and a scatter each), the last scatter.
TEST(EarlyStop, LeavesOutTheLastSumOverTensorParallelRanks) {
  const auto sent = [](bool stops) {
    const Program program = program_of(with_early_stop("Llama-3-8B", Framework::kTorchTitan, stops),
                                       "tp=8,micro_batch=1,recompute=full");
    return layer_bytes_sent(program, Axis::kTensor, Pass::kRecompute);
  };
  EXPECT_EQ(4 * sent(true), 3 * sent(false));
}

// Masks and the order of experts' tokens are made last.
TEST(EarlyStop, LeavesOutNothingBeforeMasksAndExperts) {
  const char* layout = "micro_batch=1,recompute=full";
  Job dropping = with_early_stop("GPT-2", Framework::kTorchTitan, true);
  dropping.training.dropout = 0.1;
  EXPECT_EQ(recomputed_products(dropping, layout, "layer"), 12 * 8192LL * 768 * 768);
  const auto experts = [&](bool stops) {
    return recomputed_products(with_early_stop("Mixtral-8x7B", Framework::kTorchTitan, stops),
                               layout, "layer");
  };
  EXPECT_EQ(experts(true), experts(false));
}

TEST(EarlyStop, SavesTheSameAndRunsAsLongForward) {
  const auto forward = [](bool stops) {
    return program_of(with_early_stop("GPT-2", Framework::kTorchTitan, stops), "recompute=none")
        .ops.size();
  };
  EXPECT_EQ(forward(true), forward(false));
}

TEST(EarlyStop, IsRefusedWhereACheckpointRunsAllOfIt) {
  const auto broken = [](Framework framework, const char* layout) {
    Job job = with_early_stop("Llama-3-8B", framework, true);
    job.cluster.device.host_link.bandwidth = BytesPerSecond(50e9);
    return broken_rule(job, layout_of(job, layout));
  };
  EXPECT_EQ(broken(Framework::kTorchTitan, "recompute=full"), std::nullopt);
  EXPECT_EQ(broken(Framework::kDeepSpeed, "recompute=full"), std::nullopt);
  EXPECT_EQ(broken(Framework::kMegatron, "recompute=full"), ReasonCode::kEarlyStopUnsupported);
  EXPECT_EQ(broken(Framework::kDeepSpeed, "ulysses=8,recompute=full,offload=activations"),
            ReasonCode::kEarlyStopUnsupported);
}

}  // namespace
}  // namespace seqspan::sim
