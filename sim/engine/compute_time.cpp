#include "sim/engine/compute_time.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

constexpr std::int64_t kTileRows = 128;
constexpr std::int64_t kTileColumns = 256;
constexpr std::int64_t kWidestUsualHead = 128;

constexpr std::int64_t divide_up(std::int64_t value, std::int64_t divisor) {
  return (value + divisor - 1) / divisor;
}

// Bytes of one product.
Bytes gemm_traffic(const Gemm& gemm) {
  const std::int64_t product = gemm.m * gemm.n * (gemm.weight_gradient ? 8 : 2);
  return Bytes(2 * (gemm.m * gemm.k + gemm.k * gemm.n) + product);
}

// Tokens of an expert fill whole tiles, as rows of the product or along what is summed.
Seconds grouped_gemm_time(const DeviceProfile& device, const Gemm& gemm) {
  const std::int64_t m = divide_up(gemm.m, kTileRows) * kTileRows;
  const Flops flops(2.0 * static_cast<double>(m) * static_cast<double>(gemm.n) *
                    static_cast<double>(gemm.k));
  const FlopsPerSecond rate(device.peak_bf16.value() * device.efficiency.grouped_gemm);
  const BytesPerSecond memory(device.memory_bandwidth.value() * device.efficiency.memory_pass);
  const Seconds one =
      std::max({flops / rate, gemm_traffic(gemm) / memory, device.grouped_gemm_launch});
  return static_cast<double>(gemm.groups) * one + device.kernel_overhead;
}

Seconds gemm_time(const DeviceProfile& device, const Gemm& gemm, Flops flops) {
  if (gemm.groups > 1) return grouped_gemm_time(device, gemm);
  const double efficiency = gemm.weight_gradient && device.efficiency.weight_gradient > 0
                                ? device.efficiency.weight_gradient
                                : device.efficiency.gemm;
  const FlopsPerSecond rate(device.peak_bf16.value() * efficiency * tile_fill(device, gemm));
  return std::max(flops / rate, gemm_traffic(gemm) / device.memory_bandwidth) +
         device.kernel_overhead;
}

double attention_efficiency(const KernelEfficiency& efficiency, const AttentionWork& work) {
  const double older =
      work.backward ? efficiency.flash_attention_2_backward : efficiency.flash_attention_2_forward;
  const double newest =
      work.backward ? efficiency.attention_backward : efficiency.attention_forward;
  const double whole = static_cast<double>(work.longest_row * work.longest_column * work.sequences);
  // 1 for a causal square, 0 without a mask.
  const double cut = whole > 0 ? std::max(0.0, 2 - 2 * static_cast<double>(work.pairs) / whole) : 0;
  const double wide =
      work.backward ? efficiency.wide_heads_backward : efficiency.wide_heads_forward;
  return (work.flash_attention_2 && older > 0 ? older : newest) *
         (work.head_dim > kWidestUsualHead ? wide : 1) *
         (1 - (1 - efficiency.causal) * std::min(1.0, cut));
}

Seconds attention_time(const DeviceProfile& device, const AttentionWork& work, Flops flops) {
  if (work.pairs == 0) return Seconds(0);
  const double efficiency = attention_efficiency(device.efficiency, work);
  const AttentionTiles& tiles = work.backward ? device.backward_tiles : device.forward_tiles;
  const Seconds mean = flops / FlopsPerSecond(device.peak_bf16.value() * efficiency);
  const std::int64_t across = work.backward ? work.longest_row : work.longest_column;
  const std::int64_t row = work.backward ? work.longest_column : work.longest_row;
  const double pairs = static_cast<double>(work.pairs) * static_cast<double>(work.heads);
  const double block = static_cast<double>(std::min(tiles.rows, across)) * static_cast<double>(row);
  const Seconds longest = static_cast<double>(device.multiprocessors) * block / pairs * mean;
  return std::max(longest, mean + tiles.tail * longest) + device.kernel_overhead;
}

Seconds pass_time(const DeviceProfile& device, const MemoryPass& pass) {
  if (pass.bytes.value() == 0) return Seconds(0);
  const BytesPerSecond rate(device.memory_bandwidth.value() * device.efficiency.memory_pass);
  const bool own = device.pass_overhead > Seconds(0);
  return pass.bytes / rate + (own ? device.pass_overhead : device.kernel_overhead);
}

}  // namespace

double tile_fill(const DeviceProfile& device, const Gemm& gemm) {
  // The tile lies along the longer side, as libraries choose it.
  const std::int64_t along = std::max(gemm.m, gemm.n);
  const std::int64_t across = std::min(gemm.m, gemm.n);
  const std::int64_t tiles =
      gemm.groups * divide_up(along, kTileColumns) * divide_up(across, kTileRows);
  const std::int64_t waves = divide_up(tiles, device.multiprocessors);
  return static_cast<double>(tiles) / static_cast<double>(waves * device.multiprocessors);
}

double slowest_of(const DeviceProfile& device, std::int64_t gpus) {
  const auto n = static_cast<double>(gpus);
  return 1 + device.variability / 2 * (n - 1) / (n + 1);
}

Seconds compute_time(const DeviceProfile& device, const Op& op) {
  if (const auto* gemm = std::get_if<Gemm>(&op.work)) {
    return gemm_time(device, *gemm, flops_of(op));
  }
  if (const auto* attention = std::get_if<AttentionWork>(&op.work)) {
    return attention_time(device, *attention, flops_of(op));
  }
  if (const auto* pass = std::get_if<MemoryPass>(&op.work)) return pass_time(device, *pass);
  return Seconds(0);
}

}  // namespace seqspan::sim
