#include "sim/engine/attention_time.hpp"

#include <gtest/gtest.h>

#include "tests/support/job.hpp"

namespace seqspan::sim {
namespace {

// 1e15 FLOP/s, 128 multiprocessors, 3e12 B/s, 2 us per kernel; 0.6 forward, 0.5 backward.
DeviceProfile attention_device() { return tests::plain_cluster(1).device; }

double attention_microseconds(const DeviceProfile& device, const AttentionWork& work) {
  return attention_time(Plain{}, device, work).value() * 1e6;
}

AttentionWork causal(std::int64_t tokens, std::int64_t heads, bool backward) {
  return {tokens * (tokens + 1) / 2, heads, 128, 128, backward, tokens, tokens};
}

// 4,096 tokens, d = 128: 4 x 8,390,656 x 128 = 4.296e9 FLOPs per head, 7.160 us at 1e15 x 0.6.
// A block of 128 queries sees up to 4,096 keys: 524,288 pairs, 128 / 8,390,656 of a
// multiprocessor's share: 57.27 us. One head: the longest block. 64 heads: 458.24 us + half of a
// block; + 2.
TEST(AttentionTime, FewHeadsTakeTheLongestBlock) {
  DeviceProfile device = attention_device();
  EXPECT_NEAR(attention_microseconds(device, causal(4096, 1, false)), 7.16 + 2, 0.01);
  device.forward_tiles = {128, 0.5, Seconds(0)};
  EXPECT_NEAR(attention_microseconds(device, causal(4096, 1, false)), 57.27 + 2, 0.01);
  EXPECT_NEAR(attention_microseconds(device, causal(4096, 64, false)), 458.24 + 57.27 / 2 + 2, 0.1);
  // Backward has tiles of its own: none here. 2.5 x the FLOPs at 0.5 instead of 0.6.
  EXPECT_NEAR(attention_microseconds(device, causal(4096, 64, true)), 458.24 * 2.5 * 0.6 / 0.5 + 2,
              0.1);
}

// 2 sequences, 8 heads, 4,096 queries, 8,192 keys, no mask. Forward: 2 x 4,096 x 8,192 x 8 x 512
// FLOPs at 6e14 = 458.13 us; 2 x 8 x 32 blocks of 128 queries x 3 us / 128 multiprocessors = 12 us;
// + 2. Backward: 2.5 x the FLOPs at 5e14 = 1,374.39 us; 2 x 8 x 64 blocks of keys x 3 / 128 = 24
// us; rows: 2 x 8 x 4,096 x (10 + 4) x 128 B / (3e12 x 0.5) = 78.30 us; + 2.
TEST(AttentionTime, BlocksAndRows) {
  DeviceProfile device = attention_device();
  const std::int64_t queries = 4096;
  const std::int64_t keys = 8192;
  AttentionWork work{2 * queries * keys, 8, 128, 128, false, keys, queries, 0, 2, 1, queries, keys};
  EXPECT_NEAR(attention_microseconds(device, work), 458.13 + 2, 0.01);
  device.forward_tiles = {128, 0, Seconds(3e-6)};
  device.backward_tiles = {128, 0, Seconds(3e-6)};
  EXPECT_NEAR(attention_microseconds(device, work), 458.13 + 12 + 2, 0.01);
  work.backward = true;
  EXPECT_NEAR(attention_microseconds(device, work), 1374.39 + 24 + 2, 0.01);
  device.efficiency.attention_rows = 0.5;
  EXPECT_NEAR(attention_microseconds(device, work), 1374.39 + 24 + 78.30 + 2, 0.01);
  // FlashAttention-2's kernels at half of that speed, 3's at a quarter, where the device has them.
  device.efficiency.flash_attention_2_rows = 0.25;
  device.efficiency.flash_attention_3_rows = 0.125;
  work.flash_attention = 2;
  EXPECT_NEAR(attention_microseconds(device, work), 1374.39 + 24 + 156.59 + 2, 0.01);
  work.flash_attention = 3;
  EXPECT_NEAR(attention_microseconds(device, work), 1374.39 + 24 + 313.18 + 2, 0.01);
  work.flash_attention = 1;
  EXPECT_NEAR(attention_microseconds(device, work), 1374.39 + 24 + 78.30 + 2, 0.01);
}

// The work of a causal square takes 1 / 0.9 as long as without a mask; that of a last chunk of two,
// which sees 3/4 of its pairs, has half of the loss: 1 / 0.95.
TEST(AttentionTime, ACausalMaskCostsWhatItCutsOff) {
  DeviceProfile device = attention_device();
  device.efficiency.causal = 0.9;
  device.kernel_overhead = Seconds(0);
  const std::int64_t n = 4096;
  const auto time = [&](std::int64_t pairs) {
    return attention_microseconds(device, AttentionWork{pairs, 8, 128, 128, false, n, n}) /
           static_cast<double>(pairs);
  };
  EXPECT_NEAR(time(n * n / 2) / time(n * n), 1 / 0.9, 1e-9);
  EXPECT_NEAR(time(n * n * 3 / 4) / time(n * n), 1 / 0.95, 1e-9);
  // Two sequences at once take twice as long as one.
  const AttentionWork one{n * n / 2, 8, 128, 128, false, n, n};
  AttentionWork two = one;
  two.pairs *= 2;
  two.sequences = 2;
  EXPECT_NEAR(attention_microseconds(device, two), 2 * attention_microseconds(device, one), 1e-6);
}

// FlashAttention-2 at half of the usual kernel's speed, 3 at 1.25 of it, the first at a quarter
// forward and a fifth backward: where the device has them.
TEST(AttentionTime, FlashAttentionOfTheVersionAskedFor) {
  DeviceProfile device = attention_device();
  device.kernel_overhead = Seconds(0);
  AttentionWork work = causal(4096, 8, false);
  const double usual = attention_microseconds(device, work);
  work.flash_attention = 2;
  EXPECT_DOUBLE_EQ(attention_microseconds(device, work), usual);
  device.efficiency.flash_attention_2_forward = device.efficiency.attention_forward / 2;
  EXPECT_NEAR(attention_microseconds(device, work), 2 * usual, 1e-9);
  work.flash_attention = 3;
  EXPECT_DOUBLE_EQ(attention_microseconds(device, work), usual);
  device.efficiency.flash_attention_3_forward = device.efficiency.attention_forward * 1.25;
  EXPECT_NEAR(attention_microseconds(device, work), usual / 1.25, 1e-9);
  work.flash_attention = 1;
  EXPECT_DOUBLE_EQ(attention_microseconds(device, work), usual);
  device.efficiency.flash_attention_1_forward = device.efficiency.attention_forward / 4;
  EXPECT_NEAR(attention_microseconds(device, work), 4 * usual, 1e-9);
  work.backward = true;
  const double usual_backward = attention_microseconds(device, work);
  device.efficiency.flash_attention_1_backward = device.efficiency.attention_backward / 5;
  EXPECT_NEAR(attention_microseconds(device, work), 5 * usual_backward, 1e-9);
  // No such version: the device's kernel.
  work.flash_attention = 4;
  EXPECT_DOUBLE_EQ(attention_microseconds(device, work), usual_backward);
}

// Heads of 64 reach 0.8 of the speed of 128, with half of the FLOPs: 0.5 / 0.8 of the time. Those
// of 32 take as long as those of 64, those of 96 as long as those of 128.
TEST(AttentionTime, NarrowHeadsArePadded) {
  DeviceProfile device = attention_device();
  device.kernel_overhead = Seconds(0);
  const auto with_heads_of = [&](std::int64_t width) {
    AttentionWork work = causal(4096, 8, false);
    work.head_dim = width;
    work.value_dim = width;
    return attention_microseconds(device, work);
  };
  EXPECT_NEAR(with_heads_of(64), with_heads_of(128) / 2, 1e-9);
  device.efficiency.narrow_heads_forward = 0.8;
  EXPECT_NEAR(with_heads_of(64), with_heads_of(128) * 0.5 / 0.8, 1e-9);
  EXPECT_NEAR(with_heads_of(32), with_heads_of(64), 1e-9);
  EXPECT_NEAR(with_heads_of(96), with_heads_of(128), 1e-9);
}

}  // namespace
}  // namespace seqspan::sim
