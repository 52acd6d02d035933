// The input of a layer that recomputes its forward, in the memory of the host between forward and
// backward (offload=activations): [b, s/(c t), h] x 2 bytes per layer and micro-batch.
//
// As ALST does it, and unless told otherwise (Training::overlap_offload): compute waits for the
// copy to new memory that is not pinned before the layer runs, and for the copy back before it is
// run again. Source: snowflakedb/ArcticTraining arctic_training/monkey_patches.py
// CheckpointFunctionWithCPUOffload (arg.detach().cpu()); ALST, arXiv 2506.13996, section 3.3 and
// its note 16.
//
// Overlapped: pinned memory and streams of their own. The copy to the host runs under the layer's
// forward, and the layer ends with both: its input is freed there. The copy back starts when
// backward of the layer behind starts, so that a block also holds the input of the layer before it.
#pragma once

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

class OffloadedInput {
 public:
  // `input` of the layer.
  OffloadedInput(ProgramBuilder& builder, const LoweringContext& context, TensorId input);

  // Whether the copy back waits for the block behind to start (StartSignal).
  [[nodiscard]] bool prefetches() const { return active_ && overlaps_; }

  // Around the ops of the forward block.
  void before_forward(ProgramBuilder& builder) const;
  void after_forward(ProgramBuilder& builder) const;
  // Before the recomputation; `trigger` is what the copy waits for.
  void before_backward(ProgramBuilder& builder, Operands trigger) const;

 private:
  bool active_;
  bool overlaps_;
  Bytes bytes_;
  TensorId input_;
  TensorId on_host_{};
  TensorId prefetched_{};
};

}  // namespace seqspan::sim
