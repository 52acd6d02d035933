#include "sim/engine/compute_time.hpp"

#include <gtest/gtest.h>

#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

// 1e15 FLOP/s, 128 multiprocessors, 3e12 B/s, 2 us per kernel.
DeviceProfile plain_device() { return tests::plain_cluster(1).device; }

Op op_of(Work work) {
  Op op;
  op.work = work;
  return op;
}

double microseconds(const DeviceProfile& device, Work work) {
  return compute_time(device, op_of(work)).value() * 1e6;
}

// 4,096 x 8,192 in tiles of 128 x 256: 32 x 32 = 1,024 tiles are 8 whole waves of 128. 2 x 4,096 x
// 8,192 x 1,024 FLOPs / (1e15 x 0.7) = 98.17 us, + 2.
TEST(ComputeTime, GemmInWholeWaves) {
  EXPECT_NEAR(microseconds(plain_device(), Gemm{4096, 8192, 1024}), 100.17, 0.01);
}

// At half of gemm's efficiency: twice 98.17 us, + 2.
TEST(ComputeTime, WeightGradientHasAnEfficiencyOfItsOwn) {
  DeviceProfile device = plain_device();
  device.efficiency.weight_gradient = 0.35;
  EXPECT_NEAR(microseconds(device, Gemm{4096, 8192, 1024, 1, true}), 198.34, 0.01);
  device.efficiency.weight_gradient = 0;
  EXPECT_NEAR(microseconds(device, Gemm{4096, 8192, 1024, 1, true}), 100.17, 0.01);
}

// k = 16: the product is read and written in fp32, 8 x 4,096 x 8,192 B, and the operands 2 x 16 x
// (4,096 + 8,192) B: 268,828,672 B / 3e12 B/s = 89.61 us, more than the FLOPs take; + 2.
TEST(ComputeTime, WeightGradientMovesItsProductInFloat32) {
  EXPECT_NEAR(microseconds(plain_device(), Gemm{4096, 8192, 16, 1, true}), 91.61, 0.01);
}

// The same sum in bf16: 4 x 4,096 x 8,192 + 2 x 16 x (4,096 + 8,192) B = 134,610,944 B / 3e12 B/s =
// 44.87 us; + 2.
TEST(ComputeTime, WeightGradientMovesWhatItIsAddedTo) {
  Gemm gemm{4096, 8192, 16, 1, true};
  gemm.sum = DataType::kBFloat16;
  EXPECT_NEAR(microseconds(plain_device(), gemm), 46.87, 0.01);
}

// 1,152 x 4,096 in tiles of 128 x 256: 9 x 16 = 144 on 128 multiprocessors are two waves, 0.5625
// full: 2 x 1,152 x 4,096 x 4,096 / (1e15 x 0.7 x 0.5625) = 98.17 us. Eight such pieces have 1,152
// tiles, nine whole waves: 55.22 us each; + 2.
TEST(ComputeTime, PiecesShareTheirLastWaves) {
  Gemm gemm{1152, 4096, 4096};
  EXPECT_NEAR(microseconds(plain_device(), gemm), 100.17, 0.01);
  gemm.pieces = 8;
  EXPECT_NEAR(microseconds(plain_device(), gemm), 57.22, 0.01);
}

// Grouped products in FP8 lose beside single ones what they lose in bf16: 0.5 of 0.7. Four of 4,096
// rows: 2 x 4,096 x 1,024 x 1,024 FLOPs / (2e15 x 0.7 x 0.5 / 0.7) = 8.590 us each; + 2.
TEST(ComputeTime, GroupedFp8LosesWhatGroupedBfloat16Does) {
  DeviceProfile device = plain_device();
  device.peak_fp8 = FlopsPerSecond(2e15);
  device.efficiency.fp8_gemm = 0.7;
  Gemm gemm{4096, 1024, 1024, 4};
  gemm.precision = GemmPrecision::kFloat8;
  EXPECT_NEAR(microseconds(device, gemm), 4 * 8.590 + 2, 0.01);
}

// Four products of 100 rows, which fill tiles of 128: 2 x 128 x 1,024 x 1,024 FLOPs / (1e15 x 0.5)
// = 0.537 us, but 2 (102,400 + 1,048,576 + 102,400) B / (3e12 x 0.8) = 1.0445 us each; + 2.
TEST(ComputeTime, GroupedGemmIsBoundByMemoryWhereExpertsHaveFewRows) {
  DeviceProfile device = plain_device();
  EXPECT_NEAR(microseconds(device, Gemm{100, 1024, 1024, 4}), 4 * 1.0445 + 2, 0.01);
  device.grouped_gemm_launch = Seconds(10e-6);
  EXPECT_NEAR(microseconds(device, Gemm{100, 1024, 1024, 4}), 42, 0.01);
}

// 98.17 us in bf16 at 1e15 x 0.7; FP8 at 2e15 x 0.7 takes half, at 2e15 x 0.35 as long; + 2.
TEST(ComputeTime, Fp8HasAPeakAndEfficienciesOfItsOwn) {
  DeviceProfile device = plain_device();
  device.peak_fp8 = FlopsPerSecond(2e15);
  device.efficiency.fp8_gemm = 0.7;
  Gemm gemm{4096, 8192, 1024};
  gemm.precision = GemmPrecision::kFloat8;
  EXPECT_NEAR(microseconds(device, gemm), 98.17 / 2 + 2, 0.01);
  gemm.precision = GemmPrecision::kFloat8Gradient;
  EXPECT_NEAR(microseconds(device, gemm), 98.17 / 2 + 2, 0.01);
  device.efficiency.fp8_gradient_gemm = 0.35;
  EXPECT_NEAR(microseconds(device, gemm), 98.17 + 2, 0.01);
}

// k = 16: operands of one byte, 16 x (4,096 + 8,192) B, and a product of two, 2 x 4,096 x 8,192 B:
// 67,305,472 B / 3e12 B/s = 22.44 us, more than the FLOPs take; + 2.
TEST(ComputeTime, Fp8OperandsAreOneByte) {
  DeviceProfile device = plain_device();
  device.peak_fp8 = FlopsPerSecond(2e15);
  device.efficiency.fp8_gemm = 0.7;
  Gemm gemm{4096, 8192, 16};
  gemm.precision = GemmPrecision::kFloat8;
  EXPECT_NEAR(microseconds(device, gemm), 22.44 + 2, 0.01);
}

AttentionWork causal(std::int64_t tokens, std::int64_t heads, bool backward) {
  return {tokens * (tokens + 1) / 2, heads, 128, 128, backward, tokens, tokens};
}

// Weight gradients of 4 experts, 1,024 x 1,024 from 256 rows: 2 x 1,024 x 1,024 x 256 FLOPs / (1e15
// x 0.5) = 1.0737 us of products; 2 (2 x 262,144) B + 8 x 1,048,576 B / (3e12 x 0.8) = 3.9322 us of
// traffic, of which 0.45 x 1.0737 is not hidden: 4.4153 us each; + 2.
TEST(ComputeTime, GroupedWeightGradientsHideTheirTrafficInPart) {
  const DeviceProfile device = plain_device();
  EXPECT_NEAR(microseconds(device, Gemm{1024, 1024, 256, 4, true}), 4 * 4.4153 + 2, 0.01);
}

// 4,096 tokens, d = 128: 4 x 8,390,656 x 128 = 4.296e9 FLOPs per head, 7.160 us at 1e15 x 0.6.
// A block of 128 queries sees up to 4,096 keys: 524,288 pairs, 128 / 8,390,656 of a
// multiprocessor's share: 57.27 us. One head: the longest block. 64 heads: 458.24 us + half of a
// block; + 2.
TEST(ComputeTime, AttentionOfFewHeadsTakesItsLongestBlock) {
  DeviceProfile device = plain_device();
  EXPECT_NEAR(microseconds(device, causal(4096, 1, false)), 7.16 + 2, 0.01);
  device.forward_tiles = {128, 0.5, Seconds(0)};
  EXPECT_NEAR(microseconds(device, causal(4096, 1, false)), 57.27 + 2, 0.01);
  EXPECT_NEAR(microseconds(device, causal(4096, 64, false)), 458.24 + 57.27 / 2 + 2, 0.1);
  // Backward has tiles of its own: none here. 2.5 x the FLOPs at 0.5 instead of 0.6.
  EXPECT_NEAR(microseconds(device, causal(4096, 64, true)), 458.24 * 2.5 * 0.6 / 0.5 + 2, 0.1);
}

// 2 sequences, 8 heads, 4,096 queries, 8,192 keys, no mask. Forward: 2 x 4,096 x 8,192 x 8 x 512
// FLOPs at 6e14 = 458.13 us; 2 x 8 x 32 blocks of 128 queries x 3 us / 128 multiprocessors = 12 us;
// + 2. Backward: 2.5 x the FLOPs at 5e14 = 1,374.39 us; 2 x 8 x 64 blocks of keys x 3 / 128 = 24
// us; rows: 2 x 8 x 4,096 x (10 + 4) x 128 B / (3e12 x 0.5) = 78.30 us; + 2.
TEST(ComputeTime, AttentionBesideItsProducts) {
  DeviceProfile device = plain_device();
  const std::int64_t queries = 4096;
  const std::int64_t keys = 8192;
  AttentionWork work{2 * queries * keys, 8, 128, 128, false, keys, queries, 0, 2, 1, queries, keys};
  EXPECT_NEAR(microseconds(device, work), 458.13 + 2, 0.01);
  device.forward_tiles = {128, 0, Seconds(3e-6)};
  device.backward_tiles = {128, 0, Seconds(3e-6)};
  EXPECT_NEAR(microseconds(device, work), 458.13 + 12 + 2, 0.01);
  work.backward = true;
  EXPECT_NEAR(microseconds(device, work), 1374.39 + 24 + 2, 0.01);
  device.efficiency.attention_rows = 0.5;
  EXPECT_NEAR(microseconds(device, work), 1374.39 + 24 + 78.30 + 2, 0.01);
  // FlashAttention-2's kernels at half of that speed, 3's at a quarter, where the device has them.
  device.efficiency.flash_attention_2_rows = 0.25;
  device.efficiency.flash_attention_3_rows = 0.125;
  work.flash_attention = 2;
  EXPECT_NEAR(microseconds(device, work), 1374.39 + 24 + 156.59 + 2, 0.01);
  work.flash_attention = 3;
  EXPECT_NEAR(microseconds(device, work), 1374.39 + 24 + 313.18 + 2, 0.01);
  work.flash_attention = 1;
  EXPECT_NEAR(microseconds(device, work), 1374.39 + 24 + 78.30 + 2, 0.01);
}

// The work of a causal square takes 1 / 0.9 as long as without a mask; that of a last chunk of two,
// which sees 3/4 of its pairs, has half of the loss: 1 / 0.95.
TEST(ComputeTime, ACausalMaskCostsWhatItCutsOff) {
  DeviceProfile device = plain_device();
  device.efficiency.causal = 0.9;
  device.kernel_overhead = Seconds(0);
  const std::int64_t n = 4096;
  const auto time = [&](std::int64_t pairs) {
    return microseconds(device, AttentionWork{pairs, 8, 128, 128, false, n, n}) /
           static_cast<double>(pairs);
  };
  EXPECT_NEAR(time(n * n / 2) / time(n * n), 1 / 0.9, 1e-9);
  EXPECT_NEAR(time(n * n * 3 / 4) / time(n * n), 1 / 0.95, 1e-9);
  // Two sequences at once take twice as long as one.
  const AttentionWork one{n * n / 2, 8, 128, 128, false, n, n};
  AttentionWork two = one;
  two.pairs *= 2;
  two.sequences = 2;
  EXPECT_NEAR(microseconds(device, two), 2 * microseconds(device, one), 1e-6);
}

// FlashAttention-2 at half of the usual kernel's speed, 3 at 1.25 of it, the first at a quarter
// forward and a fifth backward: where the device has them.
TEST(ComputeTime, FlashAttentionOfTheVersionAskedFor) {
  DeviceProfile device = plain_device();
  device.kernel_overhead = Seconds(0);
  AttentionWork work = causal(4096, 8, false);
  const double usual = microseconds(device, work);
  work.flash_attention = 2;
  EXPECT_DOUBLE_EQ(microseconds(device, work), usual);
  device.efficiency.flash_attention_2_forward = device.efficiency.attention_forward / 2;
  EXPECT_NEAR(microseconds(device, work), 2 * usual, 1e-9);
  work.flash_attention = 3;
  EXPECT_DOUBLE_EQ(microseconds(device, work), usual);
  device.efficiency.flash_attention_3_forward = device.efficiency.attention_forward * 1.25;
  EXPECT_NEAR(microseconds(device, work), usual / 1.25, 1e-9);
  work.flash_attention = 1;
  EXPECT_DOUBLE_EQ(microseconds(device, work), usual);
  device.efficiency.flash_attention_1_forward = device.efficiency.attention_forward / 4;
  EXPECT_NEAR(microseconds(device, work), 4 * usual, 1e-9);
  work.backward = true;
  const double usual_backward = microseconds(device, work);
  device.efficiency.flash_attention_1_backward = device.efficiency.attention_backward / 5;
  EXPECT_NEAR(microseconds(device, work), 5 * usual_backward, 1e-9);
  // No such version: the device's kernel.
  work.flash_attention = 4;
  EXPECT_DOUBLE_EQ(microseconds(device, work), usual_backward);
}

// Heads of 64 reach 0.8 of the speed of 128, with half of the FLOPs: 0.5 / 0.8 of the time. Those
// of 32 take as long as those of 64, those of 96 as long as those of 128.
TEST(ComputeTime, NarrowHeadsArePadded) {
  DeviceProfile device = plain_device();
  device.kernel_overhead = Seconds(0);
  const auto with_heads_of = [&](std::int64_t width) {
    AttentionWork work = causal(4096, 8, false);
    work.head_dim = width;
    work.value_dim = width;
    return microseconds(device, work);
  };
  EXPECT_NEAR(with_heads_of(64), with_heads_of(128) / 2, 1e-9);
  device.efficiency.narrow_heads_forward = 0.8;
  EXPECT_NEAR(with_heads_of(64), with_heads_of(128) * 0.5 / 0.8, 1e-9);
  EXPECT_NEAR(with_heads_of(32), with_heads_of(64), 1e-9);
  EXPECT_NEAR(with_heads_of(96), with_heads_of(128), 1e-9);
}

// v/2 x (n - 1) / (n + 1): 1 for one GPU, 1 + 0.04 x 7 / 9 for eight, below 1.04 for any.
TEST(ComputeTime, AStepWaitsForTheSlowestGpu) {
  DeviceProfile device = plain_device();
  EXPECT_DOUBLE_EQ(slowest_of(device, 8), 1);
  device.variability = 0.08;
  EXPECT_DOUBLE_EQ(slowest_of(device, 1), 1);
  EXPECT_DOUBLE_EQ(slowest_of(device, 8), 1 + 0.04 * 7 / 9);
  EXPECT_LT(slowest_of(device, 100000), 1.04);
}

}  // namespace
}  // namespace seqspan::sim
