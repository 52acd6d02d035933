// One gated feed-forward (SwiGLU) between a norm and a residual sum: gate and up projection,
// SwiGLU, down projection, each split over TP by its width f. A dense layer's, and all shared
// experts' of a layer as one.
//
// The norm's output [b, s/(c t), h] is gathered over TP on the way in, the result reduce-scattered
// on the way out; backward does the same the other way round and gathers the input again for the
// weight gradient. Fused SwiGLU saves its input [b, s/c, 2 f/t] and the down projection its own [b,
// s/c, f/t]; eager Hugging Face modules also save silu(gate): 4 f/t in all. Sources: Megatron-LM
// megatron/core/transformer/mlp.py, moe/shared_experts.py (SharedExpertMLP is an MLP; its gate, an
// option, is not modelled).
//
// In `chunks` > 1 parts of b s/(c chunks) rows (mlp_chunks): forward keeps nothing but its input,
// and backward runs the forward of a part again right before the part's backward, so that the wide
// tensors are those of one part. ALST takes ceil((s/c) / h) parts. Source: DeepSpeed
// runtime/sequence_parallel/ulysses_sp.py TiledMLP; ALST, arXiv 2506.13996, section 3.1.1.
#pragma once

#include "sim/lower/layer/paired_linear.hpp"
#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {

// What the tensors and ops of one use are called; of the shapes, the symbols.
struct GatedNames {
  OperandNames input;
  PairedNames gate_up;
  const char* silu;
  const char* activated;
  OperandNames activated_operand;
  const char* activated_symbol;
  const char* partial_output;
  const char* reduced_output;
  OperandNames output_gradient;
  const char* activated_gradient;
  const char* gate_up_gradient;
  OperandNames gate_up_gradient_operand;
  const char* partial_input_gradient;
  const char* input_gradient;
  const char* gather_input;
  const char* swiglu;
  SumNames scatter_output;
  const char* gather_output_gradient;
  const char* swiglu_backward;
  const char* gather_for_weight_gradient;
  SumNames scatter_input_gradient;
  LinearNames down_projection;
};

class GatedFeedForward {
 public:
  // `width` is f/t; `input` is the norm's output and `output_gradient` the gradient of what
  // follows, both [b, s/(c t), h].
  GatedFeedForward(ProgramBuilder& builder, const LoweringContext& context, const GatedNames& names,
                   std::int64_t width, const Weights& weights, TensorId input,
                   TensorId output_gradient, std::int64_t chunks = 1);

  void forward(ProgramBuilder& builder) const;
  // What backward needs of it and does not find.
  void recompute(ProgramBuilder& builder) const;
  void backward(ProgramBuilder& builder) const;

  [[nodiscard]] TensorId output() const { return reduced_output_; }
  [[nodiscard]] TensorId input_gradient() const { return input_gradient_; }

 private:
  // Up to what the down projection reads.
  void widen(ProgramBuilder& builder) const;
  void activate(ProgramBuilder& builder) const;
  void backward_rows(ProgramBuilder& builder) const;

  const GatedNames& names_;
  bool fused_;
  bool skips_output_;        // skips_last_product
  bool keeps_every_second_;  // keeps_every_second_product
  std::int64_t chunks_;

  LinearOperand input_;
  PairedLinear gate_up_;
  TensorId silu_;
  TensorId activated_;
  LinearOperand activated_operand_;
  TensorId partial_output_;
  TensorId reduced_output_;

  LinearOperand output_gradient_;
  TensorId activated_gradient_;
  TensorId gate_up_gradient_;
  LinearOperand gate_up_gradient_operand_;
  TensorId whole_input_gradient_;
  TensorId input_gradient_;
  TensorId chunk_output_;  // of the forward that backward runs again
  Linear down_projection_;
};

}  // namespace seqspan::sim
