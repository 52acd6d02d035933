#include "sim/lower/layer/linear.hpp"

namespace seqspan::sim {
namespace {

// One of `pieces` of the product of m rows.
Gemm product(std::int64_t m, std::int64_t n, std::int64_t k, const LinearShape& shape,
             GemmPrecision precision, std::int64_t pieces = 1) {
  return {.m = divide_up(m, pieces),
          .n = n,
          .k = k,
          .groups = shape.groups,
          .precision = precision,
          .pieces = pieces};
}

// Of the output of a product that is scattered while it is computed.
constexpr std::int64_t kScatteredPieces = 4;

// The product with an operand that may arrive in pieces; `one_piece` is that of one of them.
void multiply(ProgramBuilder& builder, const char* name, const Gemm& one_piece,
              const LinearOperand& operand, TensorId weight, TensorId output) {
  if (operand.pieces() > 1) {
    builder.begin_loop(operand.pieces() - 1, {});
    builder.gemm(name, one_piece, {operand.rows(), weight}, {output});
    operand.pass_on(builder);
    builder.end_loop();
  }
  builder.gemm(name, one_piece, {operand.rows(), weight}, {output});
}

}  // namespace

Linear::Linear(ProgramBuilder& builder, const LoweringContext& context, const LinearNames& names,
               const LinearShape& shape, const Weights& weights)
    : names_(names),
      shape_(shape),
      overlaps_(overlaps_tensor_parallel(context)),
      sums_bias_apart_(!context.traits.adds_weight_gradients),
      weights_(weights),
      fp8_(fp8_use_of(context.job, context.traits)) {
  if (!fp8_.active || fp8_.keeps_casts) return;
  const Extent outputs{"out", shape.outputs};
  const Extent inputs{"in", shape.inputs};
  if (casts_weights()) {
    cast_ = builder.activation("weight in FP8", DataType::kFloat8, {outputs, inputs});
  }
  if (fp8_.transposes) {
    transposed_ =
        builder.activation("weight in FP8, transposed", DataType::kFloat8, {inputs, outputs});
  }
}

TensorId Linear::forward_weights(ProgramBuilder& builder) const {
  if (!casts_weights()) return weights_.in_products();
  const std::int64_t numbers = shape_.groups * shape_.outputs * shape_.inputs;
  const std::int64_t reads = fp8_.looks_first ? 2 : 1;
  builder.memory_pass("cast weight to FP8", Bytes((2 * reads + 1) * numbers),
                      {weights_.in_products()}, {cast_});
  return cast_;
}

Gemm Linear::forward_product(std::int64_t pieces) const {
  return product(shape_.rows, shape_.outputs, shape_.inputs, shape_,
                 fp8_.active ? GemmPrecision::kFloat8 : GemmPrecision::kBFloat16, pieces);
}

void Linear::forward(ProgramBuilder& builder, const LinearOperand& input, TensorId output) const {
  const TensorId weight = forward_weights(builder);
  multiply(builder, names_.product, forward_product(input.pieces()), input, weight, output);
}

void Linear::forward_and_scatter(ProgramBuilder& builder, const LinearOperand& input,
                                 const SumNames& names, TensorId partial, TensorId reduced) const {
  if (!overlaps_) {
    forward(builder, input, partial);
    scatter_tokens(builder, names, partial, reduced);
    return;
  }
  const TensorId weight = forward_weights(builder);
  const Bytes piece = builder.program().tensor(partial).bytes / kScatteredPieces;
  builder.begin_loop(kScatteredPieces, {});
  builder.gemm(names_.product, forward_product(kScatteredPieces), {input.rows(), weight},
               {partial});
  builder.communicate(names.scatter, {Collective::kReduceScatter, Axis::kTensor, piece}, {partial},
                      {reduced});
  builder.end_loop();
}

void Linear::data_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                           TensorId input_gradient) const {
  TensorId weight = weights_.in_products();
  if (fp8_.active && !fp8_.keeps_casts && !fp8_.transposes) {
    weight = forward_weights(builder);
  } else if (fp8_.active && !fp8_.keeps_casts) {
    // Gathered in FP8 it is read and written; else twice read in bf16.
    const std::int64_t numbers = shape_.groups * shape_.outputs * shape_.inputs;
    builder.memory_pass("transpose weight in FP8", Bytes((casts_weights() ? 5 : 2) * numbers),
                        {weight}, {transposed_});
    weight = transposed_;
  }
  const Gemm one_piece =
      product(shape_.rows, shape_.inputs, shape_.outputs, shape_,
              fp8_.active ? GemmPrecision::kFloat8Gradient : GemmPrecision::kBFloat16,
              output_gradient.pieces());
  multiply(builder, names_.data_gradient, one_piece, output_gradient, weight, input_gradient);
}

void Linear::weight_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                             const LinearOperand& input) const {
  output_gradient.transpose(builder);
  input.transpose(builder);
  builder.weight_gradient(
      names_.weight_gradient,
      product(shape_.outputs, shape_.inputs, shape_.rows, shape_,
              fp8_.active ? GemmPrecision::kFloat8Gradient : GemmPrecision::kBFloat16),
      {output_gradient.columns(), input.columns()}, {weights_.gradients()});
  if (shape_.bias && sums_bias_apart_) {
    builder.memory_pass("sum of bias gradient", Bytes(2 * shape_.rows * shape_.outputs),
                        {output_gradient.whole()}, {weights_.gradients()});
  }
}

}  // namespace seqspan::sim
