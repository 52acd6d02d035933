#include "sim/lower/layer/output_projection.hpp"

#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

constexpr OperandNames kAttendedNames{
    .cast = "attention output in FP8",
    .transposed = "attention output in FP8, transposed",
};
constexpr OperandNames kOutputGradientNames{
    .whole = "gathered gradient, attention half",
    .cast = "gradient in FP8, attention half",
    .whole_cast = "gathered gradient in FP8, attention half",
    .transposed = "gradient in FP8, transposed, attention half",
    .exchange = "exchange pieces of gradient of attention",
};
constexpr LinearNames kProducts{
    .product = "output projection",
    .data_gradient = "output projection, data gradient",
    .weight_gradient = "output projection, weight gradient",
};

}  // namespace

OutputProjection::OutputProjection(ProgramBuilder& builder, const LoweringContext& context,
                                   const OutputProjectionShape& shape, const Weights& weights,
                                   TensorId attended, TensorId output_gradient)
    : attended_(builder, context, kAttendedNames, attended, LinearOperand::Role::kInput,
                LinearOperand::Tokens::kAll),
      partial_output_(builder.bfloat16("attention projection", context.dimensions.full())),
      reduced_output_(shard_of(builder, context, "attention projection, reduced", partial_output_)),
      output_gradient_(builder, context, kOutputGradientNames, output_gradient,
                       LinearOperand::Role::kGradient, LinearOperand::Tokens::kShard),
      attended_gradient_(
          builder.bfloat16("d(attention output)", builder.program().tensor(attended).shape)),
      projection_(
          builder, context, kProducts,
          {context.dimensions.rows, context.dimensions.hidden.value, shape.width, shape.bias},
          weights) {}

void OutputProjection::forward(ProgramBuilder& builder) const {
  attended_.prepare(builder, "");
  projection_.forward_and_scatter(builder, attended_,
                                  {"reduce-scatter attention", "all-reduce attention"},
                                  partial_output_, reduced_output_);
}

void OutputProjection::recompute(ProgramBuilder& builder, bool multiplies) const {
  attended_.prepare(builder, "");
  if (multiplies) projection_.forward(builder, attended_, partial_output_);
}

void OutputProjection::backward(ProgramBuilder& builder) const {
  output_gradient_.prepare(builder, "all-gather gradient of attention");
  projection_.data_gradient(builder, output_gradient_, attended_gradient_);
  projection_.weight_gradient(builder, output_gradient_, attended_);
}

}  // namespace seqspan::sim
