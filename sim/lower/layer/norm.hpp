// RMSNorm or LayerNorm (NormKind) over the last extent of its input (the hidden size, or the rank
// of a latent), and the residual sum that its backward ends in where there is one.
//
// Fused kernels (TransformerEngine) save their input, their output (as the next linear's input) and
// 1/rms in fp32: (2 + 2) h + 4 bytes per token. Eager Hugging Face modules save the fp32 copy of
// the input, the normalised bf16 tensor, the output and 1/rms: (4 + 2 + 2) h + 4 bytes per token
// (derived from transformers' LlamaRMSNorm and autograd's rules; not measured). What they move is
// in sim/lower/kernels.hpp: each of the three passes here stands for the kernels of its line there.
// LayerNorm is a fused kernel everywhere (torch.nn.LayerNorm, Apex) and saves its input, its output
// and mean and 1/std in fp32: (2 + 2) h + 8 bytes per token.
#pragma once

#include "sim/lower/dimensions.hpp"

namespace seqspan::sim {

class Norm {
 public:
  // `output_type`: FP8 where TransformerEngine's kernel writes the next product's input.
  Norm(ProgramBuilder& builder, const LoweringContext& context, const char* name, TensorId input,
       DataType output_type = DataType::kBFloat16);

  void forward(ProgramBuilder& builder) const;
  // input_gradient = gradient through the norm of `output_gradient`, plus `residual_gradient`.
  void backward(ProgramBuilder& builder, TensorId output_gradient, TensorId residual_gradient,
                TensorId input_gradient) const;
  // Without a residual.
  void backward(ProgramBuilder& builder, TensorId output_gradient, TensorId input_gradient) const;

  [[nodiscard]] TensorId output() const { return output_; }

 private:
  void backward(ProgramBuilder& builder, TensorId output_gradient, const Operands& residual,
                TensorId input_gradient) const;

  bool fused_;
  TensorId input_;
  TensorId output_;
  TensorId statistics_;  // 1/rms, or mean and 1/std
  std::int64_t numbers_ = 0;
  TensorId float32_input_{};
  TensorId normalised_{};
};

}  // namespace seqspan::sim
