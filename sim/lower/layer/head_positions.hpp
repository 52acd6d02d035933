// From the projection to what attention reads: heads apart, QK-norm, RoPE.
//
// Fused kernels do it in one pass each way, or with QK-norm in three. What eager modules move is
// in sim/lower/kernels.hpp: RoPE of each number of q and k, QK-norm like any RMSNorm. Where nothing
// turns or sends them (learned positions, no context parallelism), q, k and v are views.
#pragma once

#include "sim/lower/attention/head_block.hpp"
#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

class HeadPositions {
 public:
  // `projected` is what the projection wrote, with all the heads that this rank takes from it.
  HeadPositions(ProgramBuilder& builder, const LoweringContext& context,
                const FullAttention& attention, const HeadBlock& heads, const Operands& projected);

  void forward(ProgramBuilder& builder) const;
  // From the gradients of q, k, v to that of the projection.
  void backward(ProgramBuilder& builder, const QueryKeyValue& gradients,
                TensorId projected_gradient) const;

  [[nodiscard]] const QueryKeyValue& output() const { return positioned_; }

 private:
  // RoPE, and a copy of `copied` numbers beside it.
  void rotate(ProgramBuilder& builder, const char* name, std::int64_t eager_bytes,
              std::int64_t copied, const Operands& reads, const Operands& writes) const;

  bool qk_norm_;
  bool rotary_;
  bool views_;
  bool fused_norm_ = true;
  bool fused_rotary_ = true;
  EagerTraits eager_;
  Operands projected_;
  QueryKeyValue linear_;  // before QK-norm
  TensorId qk_inverse_rms_{};
  QueryKeyValue normed_;      // after QK-norm, before RoPE
  QueryKeyValue positioned_;  // what attention reads
  QueryKeyValue normed_gradient_;
  std::int64_t turned_ = 0;  // numbers of q and k
  std::int64_t values_ = 0;  // and of v
};

}  // namespace seqspan::sim
