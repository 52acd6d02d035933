#include "sim/engine/compute_time.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

constexpr std::int64_t kTileRows = 128;
constexpr std::int64_t kTileColumns = 256;

constexpr std::int64_t divide_up(std::int64_t value, std::int64_t divisor) {
  return (value + divisor - 1) / divisor;
}

Seconds gemm_time(const DeviceProfile& device, const Gemm& gemm, Flops flops) {
  const double efficiency =
      gemm.groups > 1 ? device.efficiency.grouped_gemm : device.efficiency.gemm;
  const FlopsPerSecond rate(device.peak_bf16.value() * efficiency * tile_fill(device, gemm));
  const Bytes traffic(2 * gemm.groups * (gemm.m * gemm.k + gemm.k * gemm.n + gemm.m * gemm.n));
  return std::max(flops / rate, traffic / device.memory_bandwidth) + device.kernel_overhead;
}

Seconds attention_time(const DeviceProfile& device, const AttentionWork& work, Flops flops) {
  if (work.pairs == 0) return Seconds(0);
  const double efficiency =
      work.backward ? device.efficiency.attention_backward : device.efficiency.attention_forward;
  return flops / FlopsPerSecond(device.peak_bf16.value() * efficiency) + device.kernel_overhead;
}

Seconds pass_time(const DeviceProfile& device, const MemoryPass& pass) {
  if (pass.bytes.value() == 0) return Seconds(0);
  const BytesPerSecond rate(device.memory_bandwidth.value() * device.efficiency.memory_pass);
  return pass.bytes / rate + device.kernel_overhead;
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
