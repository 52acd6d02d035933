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
  return {tokens * (tokens + 1) / 2,
          heads,
          128,
          128,
          backward,
          tokens,
          tokens,
          0,
          1,
          1,
          tokens,
          tokens};
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

sim::AttentionWork call(std::int64_t sequences, std::int64_t queries, std::int64_t keys,
                        bool has_mask, bool backward, std::int64_t flash_attention) {
  const std::int64_t pairs = has_mask ? queries * (queries + 1) / 2 : queries * keys;
  return {sequences * pairs, 32,        128, 128,     backward, keys, queries,
          flash_attention,   sequences, 1,   queries, keys};
}

// Means of profiles/devices/measure/logs/H100-SXM5-80GB-a.jsonl and -b.jsonl, 32 heads of 128:
// short and long rows, few queries on many keys and the reverse. The law errs by 3 to 5 % in the
// mean square (profiles/devices/measure/attention_law.py), and by this at most.
TEST(DeviceKernels, AttentionOnH100AsMeasured) {
  EXPECT_LT(worst_error("H100-SXM5-80GB", {{call(16, 1024, 1024, false, false, 0), 479},
                                           {call(8, 2048, 2048, false, false, 0), 941},
                                           {call(4, 4096, 4096, false, false, 0), 1801},
                                           {call(2, 8192, 8192, false, false, 0), 3389},
                                           {call(1, 16384, 16384, false, false, 0), 6750},
                                           {call(1, 65536, 65536, false, false, 0), 110446},
                                           {call(1, 2048, 65536, false, false, 0), 3435},
                                           {call(1, 8192, 4096, false, false, 0), 877},
                                           {call(16, 1024, 1024, true, false, 0), 287},
                                           {call(8, 2048, 2048, true, false, 0), 534},
                                           {call(4, 4096, 4096, true, false, 0), 1028},
                                           {call(2, 8192, 8192, true, false, 0), 1935},
                                           {call(1, 16384, 16384, true, false, 0), 3716},
                                           {call(1, 65536, 65536, true, false, 0), 56327},
                                           {call(16, 1024, 1024, false, true, 0), 1692},
                                           {call(8, 2048, 2048, false, true, 0), 2931},
                                           {call(4, 4096, 4096, false, true, 0), 5175},
                                           {call(2, 8192, 8192, false, true, 0), 10546},
                                           {call(1, 16384, 16384, false, true, 0), 20711},
                                           {call(1, 65536, 65536, false, true, 0), 316570},
                                           {call(1, 2048, 65536, false, true, 0), 10661},
                                           {call(1, 8192, 4096, false, true, 0), 2671},
                                           {call(16, 1024, 1024, true, true, 0), 1250},
                                           {call(8, 2048, 2048, true, true, 0), 1825},
                                           {call(4, 4096, 4096, true, true, 0), 3140},
                                           {call(2, 8192, 8192, true, true, 0), 5650},
                                           {call(1, 16384, 16384, true, true, 0), 10545},
                                           {call(1, 65536, 65536, true, true, 0), 162527}}),
            0.12);
}

TEST(DeviceKernels, FlashAttention2OnH100AsMeasured) {
  EXPECT_LT(worst_error("H100-SXM5-80GB", {{call(16, 1024, 1024, false, false, 2), 847},
                                           {call(8, 2048, 2048, false, false, 2), 1674},
                                           {call(4, 4096, 4096, false, false, 2), 3197},
                                           {call(2, 8192, 8192, false, false, 2), 6260},
                                           {call(1, 16384, 16384, false, false, 2), 12489},
                                           {call(1, 65536, 65536, false, false, 2), 202394},
                                           {call(1, 2048, 65536, false, false, 2), 6193},
                                           {call(1, 8192, 4096, false, false, 2), 1616},
                                           {call(16, 1024, 1024, true, false, 2), 527},
                                           {call(8, 2048, 2048, true, false, 2), 947},
                                           {call(4, 4096, 4096, true, false, 2), 1765},
                                           {call(2, 8192, 8192, true, false, 2), 3310},
                                           {call(1, 16384, 16384, true, false, 2), 6452},
                                           {call(1, 65536, 65536, true, false, 2), 106161},
                                           {call(16, 1024, 1024, false, true, 2), 3230},
                                           {call(8, 2048, 2048, false, true, 2), 5337},
                                           {call(4, 4096, 4096, false, true, 2), 9494},
                                           {call(2, 8192, 8192, false, true, 2), 18167},
                                           {call(1, 16384, 16384, false, true, 2), 35804},
                                           {call(1, 65536, 65536, false, true, 2), 554624},
                                           {call(1, 2048, 65536, false, true, 2), 17581},
                                           {call(1, 8192, 4096, false, true, 2), 4885},
                                           {call(16, 1024, 1024, true, true, 2), 2236},
                                           {call(8, 2048, 2048, true, true, 2), 3320},
                                           {call(4, 4096, 4096, true, true, 2), 5486},
                                           {call(2, 8192, 8192, true, true, 2), 9622},
                                           {call(1, 16384, 16384, true, true, 2), 17668},
                                           {call(1, 65536, 65536, true, true, 2), 272051}}),
            0.12);
}

// Figures of FlashAttention-2, arXiv 2307.08691, for an A100 (head dim 128, 16 heads, 16,384 tokens
// in all), TFLOP/s forward and backward together: 203 of 16k tokens without mask, 189 with a causal
// mask, 151 and 99 of 512.
TEST(DeviceKernels, FlashAttention2OnA100AsInItsPaper) {
  const auto device = read_device("A100-SXM4-80GB", ".");
  ASSERT_TRUE(device.has_value());
  const auto rate = [&](std::int64_t tokens, bool has_mask) {
    double seconds = 0;
    for (const bool backward : {false, true}) {
      sim::AttentionWork work = call(16384 / tokens, tokens, tokens, has_mask, backward, 2);
      work.heads = 16;
      sim::Op op;
      op.work = work;
      seconds += sim::compute_time(*device, op).value();
    }
    const auto flops = 3.5 * 4 * 16384 * static_cast<double>(tokens) * 16 * 128;
    return flops * (has_mask ? 0.5 : 1) / seconds / 1e12;
  };
  EXPECT_NEAR(rate(16384, false) / 203, 1, 0.02);
  EXPECT_NEAR(rate(16384, true) / 189, 1, 0.02);
  EXPECT_NEAR(rate(512, false) / 151, 1, 0.10);
  EXPECT_NEAR(rate(512, true) / 99, 1, 0.10);
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
  // With 1,232 rows memory and products take 24 and 37 us, and together 53: they overlap in part.
  EXPECT_LT(
      worst_error("B200", {{sim::Gemm{3072, 5120, 154, 160, true}, measured(154 * 160, 0.0937)},
                           {sim::Gemm{3072, 5120, 308, 80, true}, measured(308 * 80, 0.1616)},
                           {sim::Gemm{3072, 5120, 616, 40, true}, measured(616 * 40, 0.2579)},
                           {sim::Gemm{3072, 5120, 1232, 20, true}, measured(1232 * 20, 0.3276)}}),
      0.20);
}

}  // namespace
}  // namespace seqspan::profiles
