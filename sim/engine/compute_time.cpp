#include "sim/engine/compute_time.hpp"

#include <algorithm>
#include <array>

#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kTileRows = 128;
constexpr std::int64_t kTileColumns = 256;
constexpr std::int64_t kUsualHead = 128;
constexpr std::int64_t kNarrowHead = 64;
constexpr double kSeenOfGradients = 0.45;  // of the shorter of products and traffic

constexpr Law kGemm{"GEMM", "NVIDIA, Matrix Multiplication Background User's Guide (tiles, waves)"};
constexpr Law kWeightGradient{
    "weight gradient",
    "as a GEMM, its product added to the gradients (Megatron-LM, gradient accumulation fusion)"};
constexpr Law kFp8Gemm{
    "FP8 GEMM", "as a GEMM, of FP8 operands with a bf16 product (cuBLASLt, torch._scaled_mm)"};
constexpr Law kGroupedGemm{
    "grouped GEMM", "products side by side on a few streams (TransformerEngine grouped GEMM)"};
constexpr Law kAttentionForward{"attention, forward",
                                "FlashAttention-2, arXiv 2307.08691 (FLOPs, tiles)"};
constexpr Law kAttentionBackward{"attention, backward",
                                 "FlashAttention-2, arXiv 2307.08691 (FLOPs, tiles)"};
constexpr Law kMemoryPass{"memory pass", "roofline: bound by HBM"};
constexpr Law kBookkeeping{"bookkeeping", "no kernel runs"};

// Bytes of one product.
template <class Numbers>
NumberOf<Numbers, Bytes> gemm_traffic(const Numbers& in, const Gemm& gemm) {
  const auto m = in.given("m", gemm.m, kFromOp);
  const auto n = in.given("n", gemm.n, kFromOp);
  const auto k = in.given("k", gemm.k, kFromOp);
  const std::int64_t written = gemm.weight_gradient ? 2 * bytes_per_element(gemm.sum)
                                                    : bytes_per_element(DataType::kBFloat16);
  const auto product = m * n * written;
  const std::int64_t element = bytes_per_element(
      gemm.precision == GemmPrecision::kBFloat16 ? DataType::kBFloat16 : DataType::kFloat8);
  return in.named("bytes", as<Bytes>(element * (m * k + k * n) + product));
}

// At whole waves.
template <class Numbers>
NumberOf<Numbers, FlopsPerSecond> gemm_rate(const Numbers& in, const DeviceProfile& device,
                                            const Gemm& gemm) {
  const KernelEfficiency& kernels = device.efficiency;
  if (gemm.precision != GemmPrecision::kBFloat16) {
    const bool own =
        gemm.precision == GemmPrecision::kFloat8Gradient && kernels.fp8_gradient_gemm > 0;
    return in.sourced("peak_fp8", device.peak_fp8, device.sources) *
           (own ? in.sourced("efficiency.fp8_gradient_gemm", kernels.fp8_gradient_gemm,
                             device.sources)
                : in.sourced("efficiency.fp8_gemm", kernels.fp8_gemm, device.sources));
  }
  const bool own = gemm.weight_gradient && kernels.weight_gradient > 0;
  return in.sourced("peak_bf16", device.peak_bf16, device.sources) *
         (own ? in.sourced("efficiency.weight_gradient", kernels.weight_gradient, device.sources)
              : in.sourced("efficiency.gemm", kernels.gemm, device.sources));
}

// In FP8 grouped products lose against single ones what they lose in bf16: none were timed.
template <class Numbers>
NumberOf<Numbers, FlopsPerSecond> grouped_gemm_rate(const Numbers& in, const DeviceProfile& device,
                                                    const Gemm& gemm) {
  const auto grouped =
      in.sourced("efficiency.grouped_gemm", device.efficiency.grouped_gemm, device.sources);
  if (gemm.precision == GemmPrecision::kBFloat16) {
    return in.sourced("peak_bf16", device.peak_bf16, device.sources) * grouped;
  }
  return gemm_rate(in, device, gemm) *
         (grouped / in.sourced("efficiency.gemm", device.efficiency.gemm, device.sources));
}

// Tokens of an expert fill whole tiles, as rows of the product or along what is summed. A weight
// gradient reads and writes its sum when its products end: of the products and that traffic
// the shorter is not all hidden under the longer. SimuMax configs/system: on A100 616 rows of an
// expert reach 0.52 of the peak where those alone would reach 0.71, on B200 1,024 rows 0.32 of
// 0.46.
template <class Numbers>
NumberOf<Numbers, Seconds> grouped_gemm_time(const Numbers& in, const DeviceProfile& device,
                                             const Gemm& gemm) {
  const auto rows =
      in.named("rows", divide_up(in.given("m", gemm.m, kFromOp), kTileRows) * kTileRows);
  const auto flops = as<Flops>(2.0 * real(rows) * real(in.given("n", gemm.n, kFromOp)) *
                               real(in.given("k", gemm.k, kFromOp)));
  const auto rate = grouped_gemm_rate(in, device, gemm);
  const auto memory =
      in.sourced("memory_bandwidth", device.memory_bandwidth, device.sources) *
      in.sourced("efficiency.memory_pass", device.efficiency.memory_pass, device.sources);
  const auto products = in.named("products", flops / rate);
  const auto operands = in.named("operands", gemm_traffic(in, gemm) / memory);
  const auto launch = in.sourced("grouped_gemm_launch", device.grouped_gemm_launch, device.sources);
  const auto groups = real(in.given("groups", gemm.groups, kFromOp));
  const auto overhead = in.sourced("kernel_overhead", device.kernel_overhead, device.sources);
  if (!gemm.weight_gradient) return groups * largest(products, operands, launch) + overhead;
  const auto seen = in.named("seen", kSeenOfGradients * smallest(products, operands));
  return groups * largest(largest(products, operands) + seen, launch) + overhead;
}

// Pieces of a product follow one another on a few streams, so that the last tiles of one leave room
// to the first of the next (TransformerEngine common/comm_gemm_overlap, _stream_compute; PyTorch
// torch/distributed/_symmetric_memory, backend_stream): only those of all pieces are a last wave.
template <class Numbers>
NumberOf<Numbers, double> tile_fill(const Numbers& in, const DeviceProfile& device,
                                    const Gemm& gemm) {
  const auto m = in.given("m", gemm.m, kFromOp);
  const auto n = in.given("n", gemm.n, kFromOp);
  // The tile lies along the longer side, as libraries choose it.
  const auto along = largest(m, n);
  const auto across = smallest(m, n);
  auto tiles = in.given("groups", gemm.groups, kFromOp) * divide_up(along, kTileColumns) *
               divide_up(across, kTileRows);
  if (gemm.pieces > 1) tiles = tiles * in.given("pieces", gemm.pieces, kFromOp);
  tiles = in.named("tiles", tiles);
  const auto multiprocessors =
      in.sourced("multiprocessors", device.multiprocessors, device.sources);
  const auto waves = divide_up(tiles, multiprocessors);
  return in.named("fill", real(tiles) / real(waves * multiprocessors));
}

template <class Numbers>
NumberOf<Numbers, Seconds> gemm_time(const Numbers& in, const DeviceProfile& device,
                                     const Gemm& gemm) {
  if (gemm.groups > 1) return grouped_gemm_time(in, device, gemm);
  const auto rate = gemm_rate(in, device, gemm) * tile_fill(in, device, gemm);
  const auto memory = in.sourced("memory_bandwidth", device.memory_bandwidth, device.sources);
  return largest(in.named("products", flops_of(in, gemm) / rate),
                 in.named("operands", gemm_traffic(in, gemm) / memory)) +
         in.sourced("kernel_overhead", device.kernel_overhead, device.sources);
}

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

// A kernel of one of FlashAttention's versions, where it is asked for and its rates are known.
struct AttentionRate {
  const char* path;
  double efficiency = 0;
  bool is_usual = true;  // the device's
};

struct FlashAttention {
  const char* path;
  double KernelEfficiency::*efficiency;
};
// By version - 1, forward and backward.
constexpr std::array<std::array<FlashAttention, 2>, 3> kFlashAttention = {{
    {{{"efficiency.flash_attention_1_forward", &KernelEfficiency::flash_attention_1_forward},
      {"efficiency.flash_attention_1_backward", &KernelEfficiency::flash_attention_1_backward}}},
    {{{"efficiency.flash_attention_2_forward", &KernelEfficiency::flash_attention_2_forward},
      {"efficiency.flash_attention_2_backward", &KernelEfficiency::flash_attention_2_backward}}},
    {{{"efficiency.flash_attention_3_forward", &KernelEfficiency::flash_attention_3_forward},
      {"efficiency.flash_attention_3_backward", &KernelEfficiency::flash_attention_3_backward}}},
}};

AttentionRate attention_kernel(const KernelEfficiency& kernels, const AttentionWork& work) {
  if (work.flash_attention >= 1 &&
      static_cast<std::size_t>(work.flash_attention) <= kFlashAttention.size()) {
    const auto& version =
        kFlashAttention[static_cast<std::size_t>(work.flash_attention - 1)][work.backward ? 1 : 0];
    const double efficiency = kernels.*version.efficiency;
    if (efficiency > 0) return {version.path, efficiency, false};
  }
  return work.backward ? AttentionRate{"efficiency.attention_backward", kernels.attention_backward}
                       : AttentionRate{"efficiency.attention_forward", kernels.attention_forward};
}

struct AttentionRows {
  const char* path;
  double efficiency = 0;  // 0: not known
};

AttentionRows attention_rows(const KernelEfficiency& kernels, const AttentionWork& work) {
  if (work.flash_attention == 2 && kernels.flash_attention_2_rows > 0) {
    return {"efficiency.flash_attention_2_rows", kernels.flash_attention_2_rows};
  }
  if (work.flash_attention == 3 && kernels.flash_attention_3_rows > 0) {
    return {"efficiency.flash_attention_3_rows", kernels.flash_attention_3_rows};
  }
  return {"efficiency.attention_rows", kernels.attention_rows};
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
  const AttentionRate kernel = attention_kernel(device.efficiency, work);
  return in.sourced(kernel.path, kernel.efficiency, device.sources) *
         width_factor(in, device, work, kernel.is_usual) * mask_factor(in, device, work);
}

// The kernels around a backward: of each query and head O, dO (4 d_v bytes) and dQ, cleared and
// added up in fp32, then bf16 (10 d_k). Source: Dao-AILab/flash-attention csrc/flash_attn/src,
// flash_bwd_preprocess_kernel.h and convert_dQ.
template <class Numbers>
NumberOf<Numbers, Seconds> row_passes(const Numbers& in, const DeviceProfile& device,
                                      const AttentionWork& work) {
  const KernelEfficiency& kernels = device.efficiency;
  const AttentionRows rows = attention_rows(kernels, work);
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

template <class Numbers>
NumberOf<Numbers, Seconds> pass_time(const Numbers& in, const DeviceProfile& device,
                                     const MemoryPass& pass) {
  if (pass.bytes.value() == 0) return in.constant(Seconds(0));
  const auto rate =
      in.sourced("memory_bandwidth", device.memory_bandwidth, device.sources) *
      in.sourced("efficiency.memory_pass", device.efficiency.memory_pass, device.sources);
  const bool own = device.pass_overhead > Seconds(0);
  return in.given("bytes", pass.bytes, kFromOp) / rate +
         (own ? in.sourced("pass_overhead", device.pass_overhead, device.sources)
              : in.sourced("kernel_overhead", device.kernel_overhead, device.sources));
}

}  // namespace

template <class Numbers>
NumberOf<Numbers, Seconds> compute_time(const Numbers& in, const DeviceProfile& device,
                                        const Op& op) {
  if (const auto* gemm = std::get_if<Gemm>(&op.work)) return gemm_time(in, device, *gemm);
  if (const auto* attention = std::get_if<AttentionWork>(&op.work)) {
    return attention_time(in, device, *attention);
  }
  if (const auto* pass = std::get_if<MemoryPass>(&op.work)) return pass_time(in, device, *pass);
  return in.constant(Seconds(0));
}

template <class Numbers>
NumberOf<Numbers, double> slowest_of(const Numbers& in, const DeviceProfile& device,
                                     std::int64_t gpus) {
  const auto n = real(in.given("gpus", gpus, "the cluster"));
  return in.named("slowest", 1 + in.sourced("variability", device.variability, device.sources) / 2 *
                                     (n - 1) / (n + 1));
}

template Seconds compute_time(const Plain&, const DeviceProfile&, const Op&);
template Traced<Seconds> compute_time(const Tracing&, const DeviceProfile&, const Op&);
template double slowest_of(const Plain&, const DeviceProfile&, std::int64_t);
template Traced<double> slowest_of(const Tracing&, const DeviceProfile&, std::int64_t);

double tile_fill(const DeviceProfile& device, const Gemm& gemm) {
  return tile_fill(Plain{}, device, gemm);
}

double slowest_of(const DeviceProfile& device, std::int64_t gpus) {
  return slowest_of(Plain{}, device, gpus);
}

Seconds compute_time(const DeviceProfile& device, const Op& op) {
  return compute_time(Plain{}, device, op);
}

Law compute_law(const Op& op) {
  if (const auto* gemm = std::get_if<Gemm>(&op.work)) {
    if (gemm->groups > 1) return kGroupedGemm;
    if (gemm->precision != GemmPrecision::kBFloat16) return kFp8Gemm;
    return gemm->weight_gradient ? kWeightGradient : kGemm;
  }
  if (const auto* work = std::get_if<AttentionWork>(&op.work)) {
    return work->backward ? kAttentionBackward : kAttentionForward;
  }
  const auto* pass = std::get_if<MemoryPass>(&op.work);
  return pass != nullptr && pass->bytes > Bytes(0) ? kMemoryPass : kBookkeeping;
}

}  // namespace seqspan::sim
