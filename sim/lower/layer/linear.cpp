#include "sim/lower/layer/linear.hpp"

namespace seqspan::sim {
namespace {

Gemm product(std::int64_t m, std::int64_t n, std::int64_t k, GemmPrecision precision) {
  return {.m = m, .n = n, .k = k, .precision = precision};
}

}  // namespace

Linear::Linear(ProgramBuilder& builder, const LoweringContext& context, const LinearNames& names,
               const LinearShape& shape, const Weights& weights)
    : names_(names),
      shape_(shape),
      weights_(weights),
      fp8_(fp8_use_of(context.job.training, context.traits)) {
  if (!fp8_.active || fp8_.keeps_casts) return;
  const Extent outputs{"out", shape.outputs};
  const Extent inputs{"in", shape.inputs};
  if (casts_weights()) {
    cast_ = builder.activation("weight in FP8", DataType::kFloat8, {outputs, inputs});
  }
  transposed_ =
      builder.activation("weight in FP8, transposed", DataType::kFloat8, {inputs, outputs});
}

void Linear::forward(ProgramBuilder& builder, const LinearOperand& input, TensorId output) const {
  TensorId weight = weights_.in_products();
  if (casts_weights()) {
    const std::int64_t numbers = shape_.outputs * shape_.inputs;
    const std::int64_t reads = fp8_.looks_first ? 2 : 1;
    builder.memory_pass("cast weight to FP8", Bytes((2 * reads + 1) * numbers), {weight}, {cast_});
    weight = cast_;
  }
  builder.gemm(names_.product,
               product(shape_.rows, shape_.outputs, shape_.inputs,
                       fp8_.active ? GemmPrecision::kFloat8 : GemmPrecision::kBFloat16),
               {input.rows(), weight}, {output});
}

void Linear::data_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                           TensorId input_gradient) const {
  TensorId weight = weights_.in_products();
  if (fp8_.active && !fp8_.keeps_casts) {
    // Gathered in FP8 it is read and written; else twice read in bf16.
    const std::int64_t numbers = shape_.outputs * shape_.inputs;
    builder.memory_pass("transpose weight in FP8", Bytes((casts_weights() ? 5 : 2) * numbers),
                        {weight}, {transposed_});
    weight = transposed_;
  }
  builder.gemm(names_.data_gradient,
               product(shape_.rows, shape_.inputs, shape_.outputs,
                       fp8_.active ? GemmPrecision::kFloat8Gradient : GemmPrecision::kBFloat16),
               {output_gradient.rows(), weight}, {input_gradient});
}

void Linear::weight_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                             const LinearOperand& input) const {
  output_gradient.transpose(builder);
  input.transpose(builder);
  builder.weight_gradient(
      names_.weight_gradient,
      product(shape_.outputs, shape_.inputs, shape_.rows,
              fp8_.active ? GemmPrecision::kFloat8Gradient : GemmPrecision::kBFloat16),
      {output_gradient.columns(), input.columns()}, {weights_.gradients()});
}

}  // namespace seqspan::sim
