#include "sim/lower/layer/norm.hpp"

#include "sim/lower/kernels.hpp"

namespace seqspan::sim {

Norm::Norm(ProgramBuilder& builder, const LoweringContext& context, const char* name,
           TensorId input, DataType output_type)
    : fused_(kernels_of(context.job.training, context.traits).fused_norm ||
             context.tower.norm != NormKind::kRootMeanSquare),
      input_(input),
      output_(builder.activation(name, output_type, builder.program().tensor(input).shape)),
      statistics_(
          context.tower.norm == NormKind::kRootMeanSquare
              ? builder.float32("1/rms",
                                {context.dimensions.batch, context.dimensions.shard_tokens})
              : builder.float32("mean, 1/std", {context.dimensions.batch,
                                                context.dimensions.shard_tokens, Extent{"2", 2}})) {
  if (fused_) return;
  const Shape shape = builder.program().tensor(input).shape;  // a copy: what follows adds tensors
  numbers_ = shape.elements();
  float32_input_ = builder.float32("norm input in fp32", shape);
  normalised_ = builder.bfloat16("normalised input", shape);
}

void Norm::forward(ProgramBuilder& builder) const {
  if (fused_) {
    builder.memory_pass("norm", {input_}, {output_, statistics_});
    return;
  }
  builder.memory_pass("cast to fp32", Bytes(numbers_ * kEagerNormToFloat), {input_},
                      {float32_input_});
  builder.memory_pass("normalise", Bytes(numbers_ * kEagerNormalise), {float32_input_},
                      {normalised_, statistics_});
  builder.memory_pass("scale norm", Bytes(numbers_ * kEagerNormScale), {normalised_}, {output_});
}

void Norm::backward(ProgramBuilder& builder, TensorId output_gradient, TensorId residual_gradient,
                    TensorId input_gradient) const {
  backward(builder, output_gradient, Operands{residual_gradient}, input_gradient);
}

void Norm::backward(ProgramBuilder& builder, TensorId output_gradient,
                    TensorId input_gradient) const {
  backward(builder, output_gradient, Operands{}, input_gradient);
}

void Norm::backward(ProgramBuilder& builder, TensorId output_gradient, const Operands& residual,
                    TensorId input_gradient) const {
  Operands reads = fused_ ? Operands{output_gradient, input_, statistics_}
                          : Operands{output_gradient, float32_input_, normalised_, statistics_};
  for (const TensorId tensor : residual) reads.push_back(tensor);
  if (fused_) {
    builder.memory_pass("norm backward", reads, {input_gradient});
    return;
  }
  const std::int64_t bytes = kEagerNormBackward + (residual.size() == 0 ? 0 : kEagerSum);
  builder.memory_pass("norm backward", Bytes(numbers_ * bytes), reads, {input_gradient});
}

}  // namespace seqspan::sim
