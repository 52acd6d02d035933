#include "sim/engine/compute_time.hpp"

#include "sim/engine/attention_time.hpp"
#include "sim/formula/traced.hpp"

namespace seqspan::sim {
namespace {

constexpr std::int64_t kTileRows = 128;
constexpr std::int64_t kTileColumns = 256;
constexpr double kSeenOfGradients = 0.45;  // of the shorter of products and traffic

constexpr Law kGemm{"GEMM", "NVIDIA, Matrix Multiplication Background User's Guide (tiles, waves)"};
constexpr Law kWeightGradient{
    "weight gradient",
    "as a GEMM, its product added to the gradients (Megatron-LM, gradient accumulation fusion)"};
constexpr Law kFp8Gemm{
    "FP8 GEMM", "as a GEMM, of FP8 operands with a bf16 product (cuBLASLt, torch._scaled_mm)"};
constexpr Law kGroupedGemm{
    "grouped GEMM", "products side by side on a few streams (TransformerEngine grouped GEMM)"};
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
  if (const auto* attention = std::get_if<AttentionWork>(&op.work)) {
    return attention_law(*attention);
  }
  const auto* pass = std::get_if<MemoryPass>(&op.work);
  return pass != nullptr && pass->bytes > Bytes(0) ? kMemoryPass : kBookkeeping;
}

}  // namespace seqspan::sim
