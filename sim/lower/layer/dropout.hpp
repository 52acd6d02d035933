// Dropout of what a half of a layer, or the embedding, adds to the residual stream, with the
// residual sum where there is one: one kernel (Megatron-LM core/fusions/fused_bias_dropout.py).
//
// forward   x [, residual] -> sum, mask of one byte per number     saved: b s/(c t) h bytes
// backward  d(sum), mask -> d(x); the residual's gradient is d(sum) itself
// Without dropout (training.dropout 0) it is the residual sum alone, whose backward does nothing.
// Source: Korthikanti et al., arXiv 2205.05198, section 4.1: masks are sbh bytes each.
#pragma once

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

struct DropoutNames {
  const char* forward;
  const char* mask;
  const char* gradient;
  const char* backward;
};

class Dropout {
 public:
  Dropout(ProgramBuilder& builder, const LoweringContext& context, const DropoutNames& names,
          TensorId output_gradient)
      : names_(names),
        active_(context.job.training.dropout > 0),
        output_gradient_(output_gradient),
        gradient_(output_gradient) {
    if (!active_) return;
    const Shape shape = builder.program().tensor(output_gradient).shape;
    mask_ = builder.activation(names.mask, DataType::kBool, shape);
    gradient_ = builder.bfloat16(names.gradient, shape);
  }

  // `reads` what is dropped, and the residual.
  void forward(ProgramBuilder& builder, const Operands& reads, TensorId output) const {
    builder.memory_pass(names_.forward, reads,
                        active_ ? Operands{output, mask_} : Operands{output});
  }

  void backward(ProgramBuilder& builder) const {
    if (!active_) return;
    builder.memory_pass(names_.backward, {output_gradient_, mask_}, {gradient_});
  }

  [[nodiscard]] bool active() const { return active_; }
  // Of what was dropped.
  [[nodiscard]] TensorId gradient() const { return gradient_; }

 private:
  DropoutNames names_;
  bool active_;
  TensorId output_gradient_;
  TensorId gradient_;
  TensorId mask_{};
};

}  // namespace seqspan::sim
