#include "sim/engine/attention_time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kUsualHead = 128;
constexpr std::int64_t kNarrowHead = 64;

constexpr Law kAttentionForward{"attention, forward",
                                "FlashAttention-2, arXiv 2307.08691 (FLOPs, tiles)"};
constexpr Law kAttentionBackward{"attention, backward",
                                 "FlashAttention-2, arXiv 2307.08691 (FLOPs, tiles)"};

// What a mask leaves of the speed: 1 - (1 - causal) for a causal square, 1 without a mask.
template <class Numbers>
NumberOf<Numbers, double> mask_factor(const Numbers& in, const DeviceProfile& device,
                                      const AttentionWork& work) {
  const auto causal = in.sourced("efficiency.causal", device.efficiency.causal, device.sources);
  auto square = real(in.given("keys_of_query", work.longest_row, kFromOp) *
                     in.given("queries_of_key", work.longest_column, kFromOp) *
                     in.given("sequences", work.sequences, kFromOp));
  if (work.documents != 1) square = square * in.given("documents", work.documents, kFromOp);
  auto cut = in.constant(0.0);
  if (bare(square) > 0) {
    const auto left_out = 2 - 2 * real(in.given("pairs", work.pairs, kFromOp)) / square;
    cut = in.call("max", std::max(0.0, bare(left_out)), 0.0, left_out);
  }
  return in.named("mask", 1 - (1 - causal) * in.named("cut", smallest(in.constant(1.0), cut)));
}

// A rate of the device profile, as its file names it.
struct Rate {
  const char* path;
  double KernelEfficiency::*efficiency;
};

constexpr Rate kForward{"efficiency.attention_forward", &KernelEfficiency::attention_forward};
constexpr Rate kBackward{"efficiency.attention_backward", &KernelEfficiency::attention_backward};
constexpr Rate kRows{"efficiency.attention_rows", &KernelEfficiency::attention_rows};

// Of one version of FlashAttention.
struct FlashAttentionRates {
  Rate forward;
  Rate backward;
  Rate rows;
};
// By version - 1.
constexpr std::array<FlashAttentionRates, 3> kFlashAttention = {{
    {{"efficiency.flash_attention_1_forward", &KernelEfficiency::flash_attention_1_forward},
     {"efficiency.flash_attention_1_backward", &KernelEfficiency::flash_attention_1_backward},
     kRows},
    {{"efficiency.flash_attention_2_forward", &KernelEfficiency::flash_attention_2_forward},
     {"efficiency.flash_attention_2_backward", &KernelEfficiency::flash_attention_2_backward},
     {"efficiency.flash_attention_2_rows", &KernelEfficiency::flash_attention_2_rows}},
    {{"efficiency.flash_attention_3_forward", &KernelEfficiency::flash_attention_3_forward},
     {"efficiency.flash_attention_3_backward", &KernelEfficiency::flash_attention_3_backward},
     {"efficiency.flash_attention_3_rows", &KernelEfficiency::flash_attention_3_rows}},
}};

// A rate of the version that the op asks for, where the profile has it, else the device's usual.
struct KernelRate {
  const char* path;
  double efficiency = 0;  // 0: not known
  bool is_usual = true;
};

KernelRate kernel_rate(const KernelEfficiency& kernels, const AttentionWork& work,
                       Rate FlashAttentionRates::*of_version, Rate usual) {
  if (work.flash_attention >= 1 &&
      static_cast<std::size_t>(work.flash_attention) <= kFlashAttention.size()) {
    const Rate own =
        kFlashAttention[static_cast<std::size_t>(work.flash_attention - 1)].*of_version;
    const double efficiency = kernels.*own.efficiency;
    if (efficiency > 0) return {own.path, efficiency, false};
  }
  return {usual.path, kernels.*usual.efficiency};
}

KernelRate pairs_rate(const KernelEfficiency& kernels, const AttentionWork& work) {
  return work.backward ? kernel_rate(kernels, work, &FlashAttentionRates::backward, kBackward)
                       : kernel_rate(kernels, work, &FlashAttentionRates::forward, kForward);
}

KernelRate rows_rate(const KernelEfficiency& kernels, const AttentionWork& work) {
  return kernel_rate(kernels, work, &FlashAttentionRates::rows, kRows);
}

// What heads of another width than 128 leave of the speed.
template <class Numbers>
NumberOf<Numbers, double> width_factor(const Numbers& in, const DeviceProfile& device,
                                       const AttentionWork& work, bool is_usual_kernel) {
  const KernelEfficiency& kernels = device.efficiency;
  const auto of = [&](const char* path, double value) {
    return in.sourced(path, value, device.sources);
  };
  if (work.head_dim > kUsualHead) {
    return work.backward ? of("efficiency.wide_heads_backward", kernels.wide_heads_backward)
                         : of("efficiency.wide_heads_forward", kernels.wide_heads_forward);
  }
  const double narrow =
      work.backward ? kernels.narrow_heads_backward : kernels.narrow_heads_forward;
  if (work.head_dim == kUsualHead || narrow == 0 || !is_usual_kernel) return in.constant(1.0);
  const std::int64_t padded = work.head_dim <= kNarrowHead ? kNarrowHead : kUsualHead;
  const auto used = real(in.given("d_k", work.head_dim, kFromOp)) / static_cast<double>(padded);
  if (padded == kUsualHead) return in.named("padding", used);
  return in.named("padding", used) *
         of(work.backward ? "efficiency.narrow_heads_backward" : "efficiency.narrow_heads_forward",
            narrow);
}

template <class Numbers>
NumberOf<Numbers, double> attention_efficiency(const Numbers& in, const DeviceProfile& device,
                                               const AttentionWork& work) {
  const KernelRate kernel = pairs_rate(device.efficiency, work);
  return in.sourced(kernel.path, kernel.efficiency, device.sources) *
         width_factor(in, device, work, kernel.is_usual) * mask_factor(in, device, work);
}

// The kernels around a backward: of each query and head O, dO (4 d_v bytes) and dQ, cleared and
// added up in fp32, then bf16 (10 d_k). Source: Dao-AILab/flash-attention csrc/flash_attn/src,
// flash_bwd_preprocess_kernel.h and convert_dQ.
template <class Numbers>
NumberOf<Numbers, Seconds> row_passes(const Numbers& in, const DeviceProfile& device,
                                      const AttentionWork& work) {
  const KernelRate rows = rows_rate(device.efficiency, work);
  if (!work.backward || rows.efficiency == 0) return in.constant(Seconds(0));
  const auto bytes =
      in.given("heads", work.heads, kFromOp) * in.given("sequences", work.sequences, kFromOp) *
      in.given("queries", work.queries, kFromOp) *
      (10 * in.given("d_k", work.head_dim, kFromOp) + 4 * in.given("d_v", work.value_dim, kFromOp));
  return in.named(
      "rows",
      as<Bytes>(bytes) / (in.sourced("memory_bandwidth", device.memory_bandwidth, device.sources) *
                          in.sourced(rows.path, rows.efficiency, device.sources)));
}

}  // namespace

template <class Numbers>
NumberOf<Numbers, Seconds> attention_time(const Numbers& in, const DeviceProfile& device,
                                          const AttentionWork& work) {
  if (work.pairs == 0) return in.constant(Seconds(0));
  const AttentionTiles& tiles = work.backward ? device.backward_tiles : device.forward_tiles;
  const char* owner = work.backward ? "attention_backward_tiles" : "attention_forward_tiles";
  const auto peak = in.sourced("peak_bf16", device.peak_bf16, device.sources);
  const auto mean =
      in.named("mean", flops_of(in, work) / (peak * attention_efficiency(in, device, work)));
  const auto rows = in.given("keys_of_query", work.longest_row, kFromOp);
  const auto columns = in.given("queries_of_key", work.longest_column, kFromOp);
  const auto across = work.backward ? rows : columns;
  const auto row = work.backward ? columns : rows;
  const auto pairs =
      real(in.given("pairs", work.pairs, kFromOp)) * real(in.given("heads", work.heads, kFromOp));
  const auto tile = in.sourced(owner, "rows", tiles.rows, device.sources);
  const auto block = real(smallest(tile, across)) * real(row);
  const auto multiprocessors =
      in.sourced("multiprocessors", device.multiprocessors, device.sources);
  const auto longest = in.named("longest", real(multiprocessors) * block / pairs * mean);
  const auto overhead = in.sourced(owner, "block_overhead", tiles.block_overhead, device.sources);
  auto of_blocks = in.constant(Seconds(0));
  if (tiles.block_overhead > Seconds(0)) {  // which has rows, then
    const auto blocks = real(in.given("heads", work.heads, kFromOp) *
                             in.given("sequences", work.sequences, kFromOp) *
                             divide_up(work.backward ? in.given("keys", work.keys, kFromOp)
                                                     : in.given("queries", work.queries, kFromOp),
                                       tile));
    of_blocks = in.named("blocks", blocks / real(multiprocessors) * overhead);
  }
  return largest(
             longest + overhead,
             mean + of_blocks + in.sourced(owner, "tail", tiles.tail, device.sources) * longest) +
         row_passes(in, device, work) +
         in.sourced("kernel_overhead", device.kernel_overhead, device.sources);
}

template Seconds attention_time(const Plain&, const DeviceProfile&, const AttentionWork&);
template Traced<Seconds> attention_time(const Tracing&, const DeviceProfile&, const AttentionWork&);

Law attention_law(const AttentionWork& work) {
  return work.backward ? kAttentionBackward : kAttentionForward;
}

}  // namespace seqspan::sim
