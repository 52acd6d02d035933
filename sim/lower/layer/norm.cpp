#include "sim/lower/layer/norm.hpp"

#include "sim/lower/framework_traits.hpp"

namespace seqspan::sim {

Norm::Norm(ProgramBuilder& builder, const LoweringContext& context, const char* name,
           TensorId input, DataType output_type)
    : fused_(context.traits.fused_kernels || context.tower.norm != NormKind::kRootMeanSquare),
      input_(input),
      output_(builder.activation(name, output_type, builder.program().tensor(input).shape)),
      statistics_(
          context.tower.norm == NormKind::kRootMeanSquare
              ? builder.float32("1/rms",
                                {context.dimensions.batch, context.dimensions.shard_tokens})
              : builder.float32("mean, 1/std", {context.dimensions.batch,
                                                context.dimensions.shard_tokens, Extent{"2", 2}})) {
  if (fused_) return;
  const Shape shape = builder.program().tensor(input).shape;
  float32_input_ = builder.float32("norm input in fp32", shape);
  normalised_ = builder.bfloat16("normalised input", shape);
}

void Norm::forward(ProgramBuilder& builder) const {
  if (fused_) {
    builder.memory_pass("norm", {input_}, {output_, statistics_});
    return;
  }
  builder.memory_pass("cast to fp32", {input_}, {float32_input_});
  builder.memory_pass("normalise", {float32_input_}, {normalised_, statistics_});
  builder.memory_pass("scale norm", {normalised_}, {output_});
}

Operands Norm::backward_reads(TensorId output_gradient) const {
  if (fused_) return {output_gradient, input_, statistics_};
  return {output_gradient, float32_input_, normalised_, statistics_};
}

void Norm::backward(ProgramBuilder& builder, TensorId output_gradient, TensorId residual_gradient,
                    TensorId input_gradient) const {
  Operands reads = backward_reads(output_gradient);
  reads.push_back(residual_gradient);
  builder.memory_pass("norm backward", reads, {input_gradient});
}

void Norm::backward(ProgramBuilder& builder, TensorId output_gradient,
                    TensorId input_gradient) const {
  builder.memory_pass("norm backward", backward_reads(output_gradient), {input_gradient});
}

}  // namespace seqspan::sim
