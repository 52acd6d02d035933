#include "sim/lower/layer/up_projection.hpp"

#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

std::optional<Norm> make_norm(ProgramBuilder& builder, const LoweringContext& context,
                              const char* name, TensorId input) {
  if (name == nullptr) return std::nullopt;
  return Norm(builder, context, name, input);
}

Extent last_extent(ProgramBuilder& builder, TensorId id) {
  const Shape& shape = builder.program().tensor(id).shape;
  return shape.extents[shape.rank - 1];
}

// Like `shard` outside the TP regions, but with all tokens.
TensorId all_tokens_of(ProgramBuilder& builder, const LoweringContext& context, const char* name,
                       TensorId shard) {
  if (context.layout.tp == 1) return shard;
  return builder.bfloat16(
      name, {context.dimensions.batch, context.dimensions.tokens, last_extent(builder, shard)});
}

}  // namespace

UpProjection::UpProjection(ProgramBuilder& builder, const LoweringContext& context,
                           const UpProjectionNames& names, const Weights& weights, TensorId input,
                           Shape output_shape)
    : names_(names),
      weights_(weights),
      rows_(context.dimensions.rows),
      rank_(last_extent(builder, input).value),
      width_(output_shape.elements() / context.dimensions.rows),
      norm_(make_norm(builder, context, names.normed, input)),
      projected_(norm_ ? norm_->output() : input),
      whole_(all_tokens_of(builder, context, names.whole_input, projected_)),
      output_(builder.bfloat16(names.output, output_shape)),
      partial_gradient_(builder.bfloat16(
          names.partial_gradient,
          {context.dimensions.batch, context.dimensions.tokens, last_extent(builder, input)})),
      reduced_gradient_(
          context.layout.tp > 1
              ? builder.bfloat16(names.reduced_gradient, builder.program().tensor(input).shape)
              : partial_gradient_),
      input_gradient_(
          norm_ ? builder.bfloat16(names.input_gradient, builder.program().tensor(input).shape)
                : reduced_gradient_) {}

void UpProjection::forward(ProgramBuilder& builder) const {
  if (norm_) norm_->forward(builder);
  gather_tokens(builder, names_.gather, projected_, whole_);
  builder.gemm(names_.projection, {rows_, width_, rank_}, {whole_, weights_.parameters()},
               {output_});
}

void UpProjection::backward(ProgramBuilder& builder, TensorId output_gradient) const {
  gather_tokens(builder, names_.gather_again, projected_, whole_);
  builder.gemm(names_.data_gradient, {rows_, rank_, width_},
               {output_gradient, weights_.parameters()}, {partial_gradient_});
  scatter_tokens(builder, names_.scatter, partial_gradient_, reduced_gradient_);
  builder.weight_gradient(names_.weight_gradient, {width_, rank_, rows_}, {output_gradient, whole_},
                          {weights_.gradients()});
  if (norm_) norm_->backward(builder, reduced_gradient_, input_gradient_);
}

}  // namespace seqspan::sim
