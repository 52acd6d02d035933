// Runs the kernel of a compute op on the memory of its tensors; on copies of it where the host
// cannot read it by its address.
//
// Errors: kInput where the op has no kernel, or the kernel finds a tensor too short; else as
// HostAccess.
#pragma once

#include "real/execute/host_access.hpp"
#include "real/execute/layer_share.hpp"
#include "real/execute/part_tensors.hpp"
#include "sim/program/program.hpp"

namespace seqspan::real {

// What the kernel has computed is added to `flops`.
[[nodiscard]] sim::Result<void> run_kernel(const sim::Op& op, const sim::Program& program,
                                           const PartTensors& tensors, const LayerShare& share,
                                           const HostAccess& host, sim::Flops& flops);

}  // namespace seqspan::real
