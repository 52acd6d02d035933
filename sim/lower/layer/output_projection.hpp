// The projection of attention's output back to the hidden size, summed over tensor parallelism: the
// last product of an attention half, whatever its attention is.
//
//   forward   [b, s/c, a d_v/t] x [a d_v/t, h] -> partial [b, s/c, h], reduce-scattered (or
//             all-reduced) to the token shards
//   backward  all-gather of the output's gradient, data gradient, weight gradient
// In bf16 or FP8 (linear_operand.hpp). Saved: attention's output, which attention keeps itself; in
// FP8 its cast beside it, a d_v/t bytes per token.
#pragma once

#include "sim/lower/layer/linear.hpp"

namespace seqspan::sim {

struct OutputProjectionShape {
  std::int64_t width = 0;  // a d_v / t
  bool bias = false;
};

class OutputProjection {
 public:
  // `attended` is attention's output, `output_gradient` that of the half, on the token shards.
  OutputProjection(ProgramBuilder& builder, const LoweringContext& context,
                   const OutputProjectionShape& shape, const Weights& weights, TensorId attended,
                   TensorId output_gradient);

  void forward(ProgramBuilder& builder) const;
  // Where the sum was kept: what backward reads, and the product if somebody computes it for
  // nothing.
  void recompute(ProgramBuilder& builder, bool multiplies) const;
  void backward(ProgramBuilder& builder) const;

  [[nodiscard]] TensorId output() const { return reduced_output_; }
  [[nodiscard]] TensorId attended_gradient() const { return attended_gradient_; }

 private:
  LinearOperand attended_;
  TensorId partial_output_;
  TensorId reduced_output_;
  LinearOperand output_gradient_;
  TensorId attended_gradient_;
  Linear projection_;
};

}  // namespace seqspan::sim
