#include "sim/lower/layer/paired_linear.hpp"

#include "sim/lower/layer/recompute_policy.hpp"

namespace seqspan::sim {
namespace {

Shape wide(const Shape& rows, const char* symbol, std::int64_t width) {
  Shape shape = rows;
  shape.extents[shape.rank++] = Extent{symbol, width};
  return shape;
}

}  // namespace

PairedLinear::PairedLinear(ProgramBuilder& builder, const LoweringContext& context,
                           const PairedNames& names, const LinearShape& shape,
                           std::int64_t again_outputs, std::int64_t layers, const Shape& rows,
                           const Weights& weights)
    : names_(names), whole_(builder, context, names.products, shape, weights) {
  if (context.traits.separate_projections) {
    const bool compiled = kernels_of(context.job.training, context.traits).compiled;
    bytes_of_sums_ = (layers - 1) * (compiled ? bytes_per_element(DataType::kBFloat16) : kEagerSum);
  }
  if (!keeps_every_second_product(context)) {
    outputs_ = {builder.bfloat16(names.output, wide(rows, names.output_symbol, shape.outputs))};
    return;
  }
  const std::int64_t kept_outputs = shape.outputs - again_outputs;
  outputs_ = {builder.bfloat16(names.kept, wide(rows, names.kept_symbol, kept_outputs)),
              builder.bfloat16(names.again, wide(rows, names.again_symbol, again_outputs))};
  kept_.emplace(builder, context, LinearNames{names.kept_product, "", ""},
                LinearShape{shape.rows, kept_outputs, shape.inputs}, weights);
  again_.emplace(builder, context, LinearNames{names.again_product, "", ""},
                 LinearShape{shape.rows, again_outputs, shape.inputs}, weights);
}

void PairedLinear::forward(ProgramBuilder& builder, const LinearOperand& input) const {
  if (!is_split()) {
    whole_.forward(builder, input, outputs_[0]);
    return;
  }
  kept_->forward(builder, input, outputs_[0]);
  again_->forward(builder, input, outputs_[1]);
}

void PairedLinear::recompute(ProgramBuilder& builder, const LinearOperand& input) const {
  if (is_split()) {
    again_->forward(builder, input, outputs_[1]);
  } else {
    forward(builder, input);
  }
}

void PairedLinear::data_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                                 TensorId input_gradient) const {
  whole_.data_gradient(builder, output_gradient, input_gradient);
  if (bytes_of_sums_ == 0) return;
  const Bytes one_number(bytes_per_element(DataType::kBFloat16));
  const Bytes gradient = builder.program().tensor(input_gradient).bytes;
  builder.memory_pass(names_.sum_of_gradients, bytes_of_sums_ * (gradient / one_number.value()),
                      {input_gradient}, {input_gradient});
}

void PairedLinear::weight_gradient(ProgramBuilder& builder, const LinearOperand& output_gradient,
                                   const LinearOperand& input) const {
  whole_.weight_gradient(builder, output_gradient, input);
}

}  // namespace seqspan::sim
