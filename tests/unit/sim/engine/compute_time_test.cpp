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

// Weight gradients of 4 experts, 1,024 x 1,024 from 256 rows: 2 x 1,024 x 1,024 x 256 FLOPs / (1e15
// x 0.5) = 1.0737 us of products; 2 (2 x 262,144) B + 8 x 1,048,576 B / (3e12 x 0.8) = 3.9322 us of
// traffic, of which 0.45 x 1.0737 is not hidden: 4.4153 us each; + 2.
TEST(ComputeTime, GroupedWeightGradientsHideTheirTrafficInPart) {
  const DeviceProfile device = plain_device();
  EXPECT_NEAR(microseconds(device, Gemm{1024, 1024, 256, 4, true}), 4 * 4.4153 + 2, 0.01);
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
