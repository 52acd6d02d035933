// How long a compute op takes on one GPU, from its shape and the device profile.
//
//   GEMM       max(FLOPs / (peak x efficiency x fill), bytes / HBM) + kernel overhead
//              fill = share of the multiprocessors that output tiles of 128 x 256 keep busy: tiles
//              / (waves x multiprocessors) with waves = ceil(tiles / multiprocessors), the
//              quantisation that NVIDIA's "Matrix Multiplication Background User's Guide"
//              describes; bytes = each operand and the product once, bf16. Grouped GEMMs have their
//              own efficiency.
//   attention  FLOPs of the unmasked pairs / (peak x efficiency of the pass) + kernel overhead
//   memory pass  bytes / (HBM bandwidth x efficiency) + kernel overhead; nothing for 0 bytes, which
//              is bookkeeping and no kernel
// Efficiencies are measured at large shapes (profiles/devices, each with its source).
#pragma once

#include "sim/program/op.hpp"
#include "sim/spec/device.hpp"

namespace seqspan::sim {

// The op must not be a communication.
[[nodiscard]] Seconds compute_time(const DeviceProfile& device, const Op& op);

// Share of the multiprocessors that the GEMM's output tiles keep busy, in (0, 1].
[[nodiscard]] double tile_fill(const DeviceProfile& device, const Gemm& gemm);

}  // namespace seqspan::sim
