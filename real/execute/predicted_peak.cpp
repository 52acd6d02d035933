#include "real/execute/predicted_peak.hpp"

#include "sim/engine/block_memory.hpp"

namespace seqspan::real {
namespace {

sim::Bytes& at(sim::MemoryByRole& bytes, sim::MemoryRole role) {
  return bytes[static_cast<std::size_t>(role)];
}

}  // namespace

sim::MemoryByRole standing_bytes(const sim::Program& program, const sim::Part& part) {
  sim::MemoryByRole bytes{};
  for (std::size_t t = 0; t < part.tensor_count; ++t) {
    const sim::Tensor& tensor = program.tensors[part.first_tensor + t];
    if (tensor.on_host) continue;
    switch (tensor.role) {
      case sim::Role::kParameter:
        at(bytes, sim::MemoryRole::kParameters) += tensor.bytes;
        break;
      case sim::Role::kGradient:
        at(bytes, sim::MemoryRole::kGradients) += tensor.bytes;
        break;
      case sim::Role::kOptimizerState:
        at(bytes, sim::MemoryRole::kOptimizerState) += tensor.bytes;
        break;
      case sim::Role::kActivation:
        break;
    }
  }
  return bytes;
}

sim::MemoryByRole predicted_peak(const sim::Program& program, const sim::Part& part,
                                 bool backward) {
  sim::MemoryByRole peak = standing_bytes(program, part);
  sim::BlockMemoryReader reader;
  for (const sim::LiveTensor& live : reader.live_at_peak(program, part, backward)) {
    const sim::Bytes one = program.tensor(live.id).bytes;
    const std::int64_t saved = live.saved ? 1 : 0;
    at(peak, sim::MemoryRole::kSavedActivations) += one * saved;
    at(peak, sim::MemoryRole::kTransient) += one * (live.copies - saved);
  }
  return peak;
}

}  // namespace seqspan::real
