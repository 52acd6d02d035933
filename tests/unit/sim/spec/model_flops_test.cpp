#include "sim/spec/model_flops.hpp"

#include <gtest/gtest.h>

#include "sim/spec/layer_facts.hpp"
#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

// Llama-3-8B: 32 x (4096 x 128 x (2 x 32 + 2 x 8) + 3 x 4096 x 14336) + 128256 x 4096 =
// 7,504,658,432 matrix elements per token, 2 FLOPs each, and 4 x s(s+1)/2 x 32 x 128 per layer; all
// three times.
TEST(ModelFlops, DenseModel) {
  const Job job = tests::make_job("Llama-3-8B", Framework::kMegatron, 1, 8192, 8);
  const double s = 8192;
  const double forward = 2.0 * s * 7'504'658'432.0 + 32 * 4 * (s * (s + 1) / 2) * 4096;
  EXPECT_DOUBLE_EQ(model_flops(job.model, Tokens(8192)).value(), 3 * forward);
}

// Qwen3-235B-A22B multiplies a token with 8 of 128 experts: per layer 4096 x 128 x (2 x 64 + 2 x 4)
// + 4096 x 128 + 8 x 3 x 4096 x 1536.
TEST(ModelFlops, MixtureOfExpertsCountsRoutedExpertsOnly) {
  const Job job = tests::make_job("Qwen3-235B-A22B", Framework::kMegatron, 1, 8192, 8);
  const LayerKind& kind = job.model.towers.front().kinds.front();
  EXPECT_EQ(parameters_of(kind.attention, 4096).multiplied_per_token() +
                parameters_of(kind.feed_forward, 4096).multiplied_per_token(),
            4096 * 128 * (2 * 64 + 2 * 4) + 4096 * 128 + 8 * 3 * 4096 * 1536);
}

// DeepSeek-V2: scores over d_k = 192, values over d_v = 128, 128 heads; the 6 experts that a token
// is sent to and the 2 that are shared, and every projection of the attention.
TEST(ModelFlops, LatentAttentionAndSharedExperts) {
  const Job job = tests::make_job("DeepSeek-V2", Framework::kMegatron, 1, 8192, 8);
  const LayerKind& kind = job.model.towers.front().kinds.back();
  const double pairs = 8192.0 * 8193.0 / 2;
  EXPECT_DOUBLE_EQ(forward_flops(kind.attention, Tokens(8192)).value(),
                   2 * pairs * 128 * (192 + 128));
  EXPECT_EQ(parameters_of(kind.feed_forward, 5120).multiplied_per_token(),
            5120 * 160 + (6 + 2) * 3 * 5120 * 1536);
  EXPECT_EQ(parameters_of(kind.attention, 5120).multiplied_per_token(),
            5120 * 1536 + 1536 * 128 * 192 + 5120 * 576 + 512 * 128 * 256 + 128 * 128 * 5120);
}

}  // namespace
}  // namespace seqspan::sim
