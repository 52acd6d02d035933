#include "sim/lower/layer/up_projection.hpp"

#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

std::optional<Norm> make_norm(ProgramBuilder& builder, const LoweringContext& context,
                              const char* name, TensorId input) {
  if (name == nullptr) return std::nullopt;
  return Norm(builder, context, name, input, norm_output_type(context));
}

Extent last_extent(ProgramBuilder& builder, TensorId id) {
  const Shape& shape = builder.program().tensor(id).shape;
  return shape.extents[shape.rank - 1];
}

}  // namespace

UpProjection::UpProjection(ProgramBuilder& builder, const LoweringContext& context,
                           const UpProjectionNames& names, const Weights& weights, TensorId input,
                           TensorId output, TensorId output_gradient)
    : names_(names),
      output_(output),
      norm_(make_norm(builder, context, names.normed, input)),
      input_(builder, context, names.input, norm_ ? norm_->output() : input,
             LinearOperand::Role::kInput, LinearOperand::Tokens::kShard),
      output_gradient_(builder, context, names.output_gradient, output_gradient,
                       LinearOperand::Role::kGradient, LinearOperand::Tokens::kAll),
      partial_gradient_(builder.bfloat16(
          names.partial_gradient,
          {context.dimensions.batch, context.dimensions.tokens, last_extent(builder, input)})),
      reduced_gradient_(
          context.layout.tp > 1
              ? builder.bfloat16(names.reduced_gradient, builder.program().tensor(input).shape)
              : partial_gradient_),
      input_gradient_(
          norm_ ? builder.bfloat16(names.input_gradient, builder.program().tensor(input).shape)
                : reduced_gradient_),
      projection_(builder, context, names.products,
                  {context.dimensions.rows,
                   builder.program().tensor(output).shape.elements() / context.dimensions.rows,
                   last_extent(builder, input).value},
                  weights) {}

void UpProjection::forward(ProgramBuilder& builder) const {
  if (norm_) norm_->forward(builder);
  input_.prepare(builder, names_.gather);
  projection_.forward(builder, input_, output_);
}

void UpProjection::backward(ProgramBuilder& builder) const {
  input_.gather_again(builder, names_.gather_again);
  output_gradient_.prepare(builder, "");
  projection_.data_gradient(builder, output_gradient_, partial_gradient_);
  scatter_tokens(builder, names_.scatter, partial_gradient_, reduced_gradient_);
  projection_.weight_gradient(builder, output_gradient_, input_);
  if (norm_) norm_->backward(builder, reduced_gradient_, input_gradient_);
}

}  // namespace seqspan::sim
