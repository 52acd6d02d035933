// Device profiles against the kernels that they were made from.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "profiles/read_profile.hpp"
#include "sim/engine/compute_time.hpp"

namespace seqspan::profiles {
namespace {

struct KernelTime {
  sim::Work work;
  double microseconds;
};

sim::AttentionWork causal(std::int64_t tokens, std::int64_t heads, bool backward) {
  return {tokens * (tokens + 1) / 2, heads, 128, 128, backward, tokens, tokens};
}

// Times of the source: FLOPs of the full square (attention), or of the product / (its peak x its
// fraction).
double worst_error(const char* name, const std::vector<KernelTime>& kernels) {
  const auto device = read_device(name, ".");
  EXPECT_TRUE(device.has_value());
  double worst = 0;
  for (const KernelTime& kernel : kernels) {
    sim::Op op;
    op.work = kernel.work;
    const double predicted = sim::compute_time(*device, op).value() * 1e6;
    worst = std::max(worst, std::abs(predicted / kernel.microseconds - 1));
  }
  return worst;
}

// SimuMax configs/system/b200_bf16_ceperm.json, sdp_fwd and sdp_bwd at 4,096 tokens.
TEST(DeviceKernels, AttentionOnB200AsMeasured) {
  EXPECT_LT(worst_error("B200", {{causal(4096, 128, false), 516.4},
                                 {causal(4096, 64, false), 292.6},
                                 {causal(4096, 32, false), 168.3},
                                 {causal(4096, 16, false), 106.3},
                                 {causal(4096, 8, false), 98.7},
                                 {causal(4096, 128, true), 1481.7},
                                 {causal(4096, 64, true), 842.3},
                                 {causal(4096, 32, true), 384.1},
                                 {causal(4096, 16, true), 201.8},
                                 {causal(4096, 8, true), 115.9},
                                 {causal(4096, 4, true), 111.3}}),
            0.35);
}

// The card of SimuMax configs/system/a100_pcie.json is the PCIe card, of which the SXM card
// is 1.072 times as fast (profiles/devices/A100-SXM4-80GB.json).
std::vector<KernelTime> on_sxm(std::vector<KernelTime> kernels) {
  for (KernelTime& kernel : kernels) kernel.microseconds /= 271.2 / 252.9;
  return kernels;
}

TEST(DeviceKernels, AttentionOnA100AsMeasured) {
  EXPECT_LT(worst_error("A100-SXM4-80GB", on_sxm({{causal(4096, 64, false), 1484.4},
                                                  {causal(4096, 32, false), 787.7},
                                                  {causal(4096, 16, false), 446.0},
                                                  {causal(4096, 8, false), 280.1},
                                                  {causal(4096, 64, true), 4382.9},
                                                  {causal(4096, 32, true), 2279.6},
                                                  {causal(4096, 16, true), 1240.0},
                                                  {causal(4096, 8, true), 724.2}})),
            0.12);
}

sim::AttentionWork latent(std::int64_t heads, bool backward) {
  return {4096 * 4097 / 2, heads, 192, 128, backward, 4096, 4096};
}

// d_k = 192, d_v = 128: the heads of DeepSeek.
TEST(DeviceKernels, WideHeadsAsMeasured) {
  EXPECT_LT(worst_error("B200", {{latent(128, false), 735.2},
                                 {latent(64, false), 344.4},
                                 {latent(32, false), 195.2},
                                 {latent(128, true), 2371.7},
                                 {latent(64, true), 1257.8},
                                 {latent(32, true), 624.5}}),
            0.15);
  EXPECT_LT(worst_error("A100-SXM4-80GB", on_sxm({{latent(128, false), 4105.5},
                                                  {latent(64, false), 2088.9},
                                                  {latent(128, true), 13734.2},
                                                  {latent(64, true), 6932.7}})),
            0.12);
}

// Products of the same file, forward and data gradient, then weight gradients.
TEST(DeviceKernels, GemmOnA100AsMeasured) {
  EXPECT_LT(worst_error("A100-SXM4-80GB", on_sxm({{sim::Gemm{4096, 5120, 8192}, 1459},
                                                  {sim::Gemm{4096, 14336, 8192}, 4110},
                                                  {sim::Gemm{4096, 8192, 8192}, 2405},
                                                  {sim::Gemm{4096, 28672, 8192}, 8247},
                                                  {sim::Gemm{5120, 8192, 4096, 1, true}, 1559},
                                                  {sim::Gemm{8192, 8192, 4096, 1, true}, 2469},
                                                  {sim::Gemm{28672, 8192, 4096, 1, true}, 8720}})),
            0.06);
}

// Experts of DeepSeek-V2 on B200: 8 x 4,096 tokens x 6 over 160 experts; N = 3,072, K = 5,120.
// Forward, then weight gradients.
TEST(DeviceKernels, GroupedGemmOnB200AsMeasured) {
  const double flops = 2.0 * 3072 * 5120;
  const auto measured = [flops](double rows, double fraction) {
    return flops * rows / (2250e12 * fraction) * 1e6;
  };
  EXPECT_LT(worst_error("B200", {{sim::Gemm{154, 3072, 5120, 160}, measured(154 * 160, 0.1997)},
                                 {sim::Gemm{308, 3072, 5120, 80}, measured(308 * 80, 0.3868)},
                                 {sim::Gemm{616, 3072, 5120, 40}, measured(616 * 40, 0.4618)},
                                 {sim::Gemm{1232, 3072, 5120, 20}, measured(1232 * 20, 0.5134)}}),
            0.15);
  // With 1,232 rows memory and products take 24 and 34 us and together 53: they overlap in part.
  EXPECT_LT(
      worst_error("B200", {{sim::Gemm{3072, 5120, 154, 160, true}, measured(154 * 160, 0.0937)},
                           {sim::Gemm{3072, 5120, 308, 80, true}, measured(308 * 80, 0.1616)},
                           {sim::Gemm{3072, 5120, 616, 40, true}, measured(616 * 40, 0.2579)},
                           {sim::Gemm{3072, 5120, 1232, 20, true}, measured(1232 * 20, 0.3276)}}),
      0.35);
}

}  // namespace
}  // namespace seqspan::profiles
