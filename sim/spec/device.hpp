// What one GPU can do, and what the links of its node can carry. Every number of a shipped profile
// carries its source in the JSON file (profiles/devices/*.json, docs/formats/device.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/units/units.hpp"

namespace seqspan::sim {

// Fractions of peak that kernels reach at large shapes. What a shape loses to tiles, waves and the
// memory roofline is computed (sim/engine/compute_time.hpp), not part of these.
struct KernelEfficiency {
  double gemm = 0;                // of peak dense bf16
  double weight_gradient = 0;     // the same, added in fp32 to the gradients; 0: as gemm
  double grouped_gemm = 0;        // of peak dense bf16
  double fp8_gemm = 0;            // of peak dense FP8, fast accumulation; 0: no FP8
  double fp8_gradient_gemm = 0;   // the same, accumulated precisely; 0: as fp8_gemm
  double attention_forward = 0;   // of peak dense bf16, FLOPs of unmasked pairs counted exactly
  double attention_backward = 0;  // likewise, backward = 2.5 x forward FLOPs
  double causal = 1;              // of these where a mask cuts through tiles
  // Of these with d_k above 128, where kernels take smaller tiles.
  double wide_heads_forward = 1;
  double wide_heads_backward = 1;
  // Of these with d_k of 64. Smaller heads are padded to 64, those between to 128. 0: heads below
  // 128 are as fast as those of 128.
  double narrow_heads_forward = 0;
  double narrow_heads_backward = 0;
  // FlashAttention of that version where the numbers above are of another kernel; 0: as above.
  double flash_attention_1_forward = 0;
  double flash_attention_1_backward = 0;
  double flash_attention_2_forward = 0;
  double flash_attention_2_backward = 0;
  double flash_attention_3_forward = 0;
  double flash_attention_3_backward = 0;
  // The kernels around a backward, of peak HBM bandwidth: dQ from fp32 and the sums of dO o by row,
  // 10 d_k + 4 d_v bytes for each query and head. 0: the number above has them in it.
  double attention_rows = 0;
  double flash_attention_2_rows = 0;  // 0: as attention_rows, which version 1 has too
  double flash_attention_3_rows = 0;
  double memory_pass = 0;  // of peak HBM bandwidth
};

// How an attention kernel deals its work out: a thread block walks `rows` queries (forward) or keys
// (backward) of one head, all the keys or queries that they see.
struct AttentionTiles {
  std::int64_t rows = 0;  // 0: nothing is lost at the end of a kernel
  // How far the last blocks outlast the mean, of the longest block: 0 where the longest are started
  // first.
  double tail = 0;
  Seconds block_overhead;  // of a thread block: its first loads and last stores
};

// One direction of one GPU's share of a link.
struct LinkProfile {
  std::string name;          // "NVLink 4"
  BytesPerSecond bandwidth;  // peak, one direction
  double efficiency = 1.0;   // fraction of peak that large messages reach
  Seconds message_latency;   // one small NCCL send/recv over it, end to end
  // What a larger one adds bytes / bandwidth to, where that is more (Simple protocol).
  Seconds simple_message_latency;
  Seconds ring_step_latency;  // added per further step of an NCCL ring over it (Simple protocol)
  Seconds ll_step_latency;    // the same with LL; 0: NCCL's part of ring_step_latency
  // Networks: the host's post of one step of a ring that spans nodes. NCCL: 1 us, 2 us on AMD
  // hosts.
  Seconds proxy_latency{1e-6};
  std::int64_t half_speed_bytes =
      0;  // message size at which half of the bandwidth is reached, 0: any
  // What one channel of an NCCL send carries; 0: no limit known.
  BytesPerSecond channel_bandwidth;
  // The same of the LL protocol; 0: small messages take the Simple protocol too.
  BytesPerSecond ll_channel_bandwidth;

  // Where each number comes from, by its JSON path inside the profile: "bandwidth".
  std::map<std::string, std::string> sources;

  [[nodiscard]] BytesPerSecond effective_bandwidth() const {
    return BytesPerSecond(bandwidth.value() * efficiency);
  }
};

// One GPU's link to the memory of its node, and its share of what the host does with it while all
// GPUs of the node ask for the same.
struct HostLink {
  BytesPerSecond bandwidth;  // of one direction, pinned memory; 0: not known
  BytesPerSecond both_ways;  // of each direction while both are busy
  // Memory that is not pinned: new memory that the GPU's bytes are copied to, and memory that they
  // are copied from.
  BytesPerSecond to_pageable;
  BytesPerSecond from_pageable;
  BytesPerSecond
      adam;  // bytes of gradients, state and parameters that Adam on the CPU gets through

  [[nodiscard]] bool known() const { return bandwidth > BytesPerSecond(0); }
};

// What one call costs the CPU thread that issues it to the GPU, from PyTorch modules without a
// framework's additions (sim/engine/host_launches.hpp).
struct HostCosts {
  Seconds product;     // a linear layer's product, with what autograd notes; 0: not known
  Seconds attention;   // one attention kernel
  Seconds pass;        // one norm, activation, addition or copy
  Seconds collective;  // one collective or send through torch.distributed
  // A gather of one layer's parameters, or a reduction of its gradients, with the hooks of FSDP or
  // ZeRO.
  Seconds sharding;

  [[nodiscard]] bool known() const { return product > Seconds(0); }
};

struct DeviceProfile {
  std::string name;  // "H100-SXM5-80GB"
  FlopsPerSecond peak_bf16;
  FlopsPerSecond peak_fp8;  // 0: the device has no FP8, or no rate of it is known
  // FP8 products take both operands along what is summed, so that some are transposed before.
  bool fp8_transposes = true;
  std::int64_t multiprocessors = 0;
  Bytes memory;  // HBM that the driver reports
  BytesPerSecond memory_bandwidth;
  Bytes runtime_reserve;    // CUDA context, cuBLAS workspace: outside the framework's allocator
  Seconds kernel_overhead;  // start and tail of one kernel
  Seconds pass_overhead;    // the same of a memory pass, which Python issues; 0: kernel_overhead
  KernelEfficiency efficiency;
  AttentionTiles forward_tiles;
  AttentionTiles backward_tiles;
  Seconds grouped_gemm_launch;  // the least that each product of a grouped GEMM takes
  // Part of its speed that compute loses while communication moves data at NVLink's full rate.
  double interference = 0;
  // Between the slowest and the fastest of many GPUs of the kind, of the median.
  double variability = 0;
  LinkProfile nvlink;
  HostLink host_link;
  HostCosts host;
  // 80 (Ampere), 90 (Hopper), 100 (Blackwell): which of NCCL's constants apply. 0: NCCL is taken to
  // know rings with the Simple protocol only.
  std::int64_t compute_capability = 0;
  double nvls_efficiency = 0;  // of NVLink, where switches add or multicast; 0: no NVLS
  // NCCL allocates `nccl_connection_bytes` for each channel of each connection of a communicator.
  std::int64_t nccl_ring_channels = 0;
  std::int64_t nccl_p2p_channels = 0;  // per peer
  Bytes nccl_connection_bytes;
  // Where each number comes from, by its JSON path inside the profile: "efficiency.gemm".
  std::map<std::string, std::string> sources;
};

}  // namespace seqspan::sim
