#include "sim/lower/layer/down_projection.hpp"

namespace seqspan::sim {
namespace {

std::int64_t last_extent_of(ProgramBuilder& builder, TensorId id) {
  const Shape& shape = builder.program().tensor(id).shape;
  return shape.extents[shape.rank - 1].value;
}

}  // namespace

DownProjection::DownProjection(ProgramBuilder& builder, const LoweringContext& context,
                               const DownProjectionNames& names, const Weights& weights,
                               TensorId input, TensorId output, TensorId output_gradient,
                               TensorId input_gradient)
    : output_(output),
      input_gradient_(input_gradient),
      input_(builder, context, names.input, input, LinearOperand::Role::kInput,
             LinearOperand::Tokens::kAll),
      output_gradient_(builder, context, names.output_gradient, output_gradient,
                       LinearOperand::Role::kGradient, LinearOperand::Tokens::kAll),
      projection_(builder, context, names.products,
                  {context.dimensions.shard_rows, last_extent_of(builder, output),
                   last_extent_of(builder, input)},
                  weights) {}

void DownProjection::forward(ProgramBuilder& builder) const {
  input_.prepare(builder, "");
  projection_.forward(builder, input_, output_);
}

void DownProjection::backward(ProgramBuilder& builder) const {
  output_gradient_.prepare(builder, "");
  projection_.data_gradient(builder, output_gradient_, input_gradient_);
  projection_.weight_gradient(builder, output_gradient_, input_);
}

}  // namespace seqspan::sim
