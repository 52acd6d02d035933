// One linear layer y = x W^T: its forward product [rows, out] = [rows, in] x [in, out], the data
// gradient [rows, in] and the weight gradient [out, in], in bf16 or FP8, or a group of such.
//
// FP8 products read weights in FP8: TransformerEngine's copies that last for a step, weights that
// were gathered in FP8, or else a cast of this layer's before each product (twice 2 bytes read, one
// written). The data gradient sums over outputs and takes the weights transposed: kept beside the
// copies, or made here (one byte read and written). Sources: sim/lower/fp8.hpp.
//
// With training.overlap_tensor_parallel, of t > 1 ranks with sequence parallelism, products go in
// pieces, so that communication runs under them (TransformerEngine's userbuffers; torchtitan's
// asynchronous tensor parallelism):
//   input gathered    t pieces of rows/t; the one that came last is passed on while it is
//                     multiplied (linear_operand.hpp)
//   output scattered  4 pieces of rows/4, each reduce-scattered under the product of the next
// Sources: TransformerEngine pytorch/module/base.py initialize_ub (ring_exchange; pipeline with
// num_splits 4 of proj_fprop, fc2_fprop). In backward the gather of the input again and the scatter
// of its gradient run whole under another product ("bulk" there), as without the option.
//
// The gradient of a bias is the sum of the output's gradient over tokens: a pass of its own
// (torch's addmm), or part of the weight gradient's kernel (TransformerEngine, cuBLAS's BGRADB
// epilogue).
#pragma once

#include "sim/lower/layer/linear_operand.hpp"
#include "sim/lower/tensor_parallel.hpp"
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
  bool bias = false;
  std::int64_t groups = 1;  // products of so many rows each, with matrices of their own
};

class Linear {
 public:
  // `weights` are those of the whole layer, and must outlive this.
  Linear(ProgramBuilder& builder, const LoweringContext& context, const LinearNames& names,
         const LinearShape& shape, const Weights& weights);

  // The operands are prepared before.
  void forward(ProgramBuilder& builder, const LinearOperand& input, TensorId output) const;
  // And sums `partial` over TP, its tokens scattered to `reduced` (tensor_parallel.hpp).
  void forward_and_scatter(ProgramBuilder& builder, const LinearOperand& input,
                           const SumNames& names, TensorId partial, TensorId reduced) const;
  void data_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                     TensorId input_gradient) const;
  // Transposes what it reads.
  void weight_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                       const LinearOperand& input) const;

 private:
  // The weights as a forward product reads them.
  [[nodiscard]] TensorId forward_weights(ProgramBuilder& builder) const;
  [[nodiscard]] Gemm forward_product(std::int64_t pieces) const;
  [[nodiscard]] bool casts_weights() const {
    return fp8_.active && !fp8_.keeps_casts && !fp8_.gathers_weights;
  }

  LinearNames names_;
  LinearShape shape_;
  bool overlaps_;
  bool sums_bias_apart_;
  const Weights& weights_;
  Fp8Use fp8_;
  TensorId cast_{};
  TensorId transposed_{};
};

}  // namespace seqspan::sim
