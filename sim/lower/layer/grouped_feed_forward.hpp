// The experts that a rank holds, as grouped products over rows sorted by expert:
// gate and up, SwiGLU with the router's probabilities folded in, down projection. In bf16 or FP8,
// operands as of every linear layer (linear_operand.hpp); a cast is one pass over all experts'
// rows.
//
// Shapes: R rows on this rank, E/e experts of R e/E rows each, q = etp.
//   input, output [R, h]   gate, up [R, 2 f/q]   SwiGLU output [R, f/q]
// Sources: Megatron-LM core/transformer/moe/experts.py TEGroupedMLP (probabilities in the
// activation); TransformerEngine pytorch/module/grouped_linear.py (one split_quantize of the input
// and of its gradient, weights cast in the first micro-batch).
#pragma once

#include "sim/lower/layer/linear.hpp"

namespace seqspan::sim {

struct GroupedShape {
  std::int64_t rows = 0;     // R
  std::int64_t experts = 0;  // E/e
  std::int64_t width = 0;    // f/q
  TensorId probabilities{};  // of the router
  TensorId probabilities_gradient{};
};

class GroupedFeedForward {
 public:
  // `input` and `output_gradient` are sorted by expert; `weights` must outlive this.
  GroupedFeedForward(ProgramBuilder& builder, const LoweringContext& context,
                     const GroupedShape& shape, const Weights& weights, TensorId input,
                     TensorId output_gradient);

  void forward(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;

  [[nodiscard]] TensorId output() const { return output_; }
  [[nodiscard]] TensorId input_gradient() const { return input_gradient_; }

 private:
  GroupedShape shape_;
  LinearOperand input_;
  TensorId gate_up_;
  TensorId activated_;
  LinearOperand activated_operand_;
  TensorId output_;
  LinearOperand output_gradient_;
  TensorId activated_gradient_;
  TensorId gate_up_gradient_;
  LinearOperand gate_up_gradient_operand_;
  TensorId input_gradient_;
  Linear gate_up_projection_;
  Linear down_projection_;
};

}  // namespace seqspan::sim
