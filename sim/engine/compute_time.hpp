// How long a compute op takes on one GPU alone, from its shape and the device profile.
//
//   GEMM       max(FLOPs / (peak x efficiency x fill), bytes / HBM) + kernel overhead
//              fill = share of the multiprocessors that output tiles of 128 x 256 keep busy: tiles
//              / (waves x multiprocessors) with waves = ceil(tiles / multiprocessors), the
//              quantisation that NVIDIA's "Matrix Multiplication Background User's Guide"
//              describes; bytes = each operand and the product once, bf16. A weight gradient has an
//              efficiency of its own, and reads and writes its product in fp32. FP8 products have a
//              peak and efficiencies of their own (docs/models/fp8.md); their operands are 1 byte.
//   grouped    products x max(FLOPs of one, its rows in whole tiles, / (peak x efficiency),
//   GEMM       bytes of one / HBM at the rate of passes, launch) + kernel overhead: the products
//              run side by side on a few streams, so that waves fill each other, but none takes
//              less than its launch
//   attention  attention_time.hpp
//   memory pass  bytes / (HBM bandwidth x efficiency) + overhead of a pass; nothing for 0 bytes,
//              which is bookkeeping and no kernel
// Efficiencies are measured at large shapes (profiles/devices, each with its source).
#pragma once

#include "sim/formula/formula.hpp"
#include "sim/formula/numbers.hpp"
#include "sim/program/op.hpp"
#include "sim/spec/device.hpp"

namespace seqspan::sim {

// The op must not be a communication.
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, Seconds> compute_time(const Numbers& in,
                                                      const DeviceProfile& device, const Op& op);
[[nodiscard]] Seconds compute_time(const DeviceProfile& device, const Op& op);
// Which of the laws above it takes, and where that comes from.
[[nodiscard]] Law compute_law(const Op& op);

// How much longer compute takes on the slowest of `gpus` GPUs than on the median one, which a step
// waits for: 1 + v/2 x (n - 1) / (n + 1), the mean of the largest of n speeds that are spread
// evenly over a range of `device.variability` = v of the median.
template <class Numbers>
[[nodiscard]] NumberOf<Numbers, double> slowest_of(const Numbers& in, const DeviceProfile& device,
                                                   std::int64_t gpus);
[[nodiscard]] double slowest_of(const DeviceProfile& device, std::int64_t gpus);

// Share of the multiprocessors that the GEMM's output tiles keep busy, in (0, 1].
[[nodiscard]] double tile_fill(const DeviceProfile& device, const Gemm& gemm);

}  // namespace seqspan::sim
