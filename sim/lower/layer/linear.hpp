// One linear layer y = x W^T: its forward product [rows, out] = [rows, in] x [in, out], the data
// gradient [rows, in] and the weight gradient [out, in], in bf16 or FP8.
//
// FP8 products read weights in FP8: TransformerEngine's copies that last for a step, weights that
// were gathered in FP8, or else a cast of this layer's before each product (twice 2 bytes read, one
// written). The data gradient sums over outputs and takes the weights transposed: kept beside the
// copies, or made here (one byte read and written). Sources: sim/lower/fp8.hpp.
#pragma once

#include "sim/lower/layer/linear_operand.hpp"
#include "sim/lower/weights.hpp"

namespace seqspan::sim {

struct LinearNames {
  const char* product;
  const char* data_gradient;
  const char* weight_gradient;
};

struct LinearShape {
  std::int64_t rows = 0;
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
};

class Linear {
 public:
  // `weights` are those of the whole layer, and must outlive this.
  Linear(ProgramBuilder& builder, const LoweringContext& context, const LinearNames& names,
         const LinearShape& shape, const Weights& weights);

  // The operands are prepared before.
  void forward(ProgramBuilder& builder, const LinearOperand& input, TensorId output) const;
  void data_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                     TensorId input_gradient) const;
  // Transposes what it reads.
  void weight_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                       const LinearOperand& input) const;

 private:
  [[nodiscard]] bool casts_weights() const {
    return fp8_.active && !fp8_.keeps_casts && !fp8_.gathers_weights;
  }

  LinearNames names_;
  LinearShape shape_;
  const Weights& weights_;
  Fp8Use fp8_;
  TensorId cast_{};
  TensorId transposed_{};
};

}  // namespace seqspan::sim
