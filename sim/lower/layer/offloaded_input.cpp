#include "sim/lower/layer/offloaded_input.hpp"

namespace seqspan::sim {

OffloadedInput::OffloadedInput(ProgramBuilder& builder, const LoweringContext& context,
                               TensorId input)
    : active_(context.layout.offloads_activations()),
      overlaps_(context.job.training.overlap_offload.value_or(false)),
      bytes_(builder.program().tensor(input).bytes),
      input_(input) {
  if (!active_) return;
  on_host_ = builder.activation_on_host("layer input on the host", DataType::kBFloat16,
                                        context.dimensions.shard());
  if (!overlaps_) return;
  prefetched_ = builder.held("previous layer's input from the host", DataType::kBFloat16,
                             context.dimensions.shard());
}

void OffloadedInput::before_forward(ProgramBuilder& builder) const {
  if (!active_) return;
  builder.host_copy("copy layer input to host", {bytes_, true, overlaps_}, !overlaps_, {input_},
                    {on_host_});
}

void OffloadedInput::after_forward(ProgramBuilder& builder) const {
  if (!prefetches()) return;
  builder.memory_pass("layer input is on the host", Bytes(0), {input_, on_host_}, {});
}

void OffloadedInput::before_backward(ProgramBuilder& builder, Operands trigger) const {
  if (!active_) return;
  Operands reads = trigger;
  reads.push_back(on_host_);
  Operands writes{input_};
  if (overlaps_) writes.push_back(prefetched_);
  builder.host_copy("copy layer input from host", {bytes_, false, overlaps_}, !overlaps_, reads,
                    writes);
}

}  // namespace seqspan::sim
