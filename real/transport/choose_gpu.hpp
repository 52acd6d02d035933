// Which GPU of its host a rank of NCCL takes.
#pragma once

#include "real/transport/nccl_transport.hpp"

namespace seqspan::real {

// NcclWorld::device, or the first; in turn where ranks share GPUs. kEnvironment: "no GPU: ..."
// where CUDA has none to offer, or none with that number.
[[nodiscard]] sim::Result<int> choose_gpu(const NcclWorld& world);

// Tells NCCL that the rank is a host of its own, for ranks that share GPUs: NCCL_HOSTID of the
// whole process. Before the first call of NCCL, which reads it once.
[[nodiscard]] sim::Result<void> pose_as_host(const NcclWorld& world);

}  // namespace seqspan::real
