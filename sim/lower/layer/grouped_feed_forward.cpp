#include "sim/lower/layer/grouped_feed_forward.hpp"

namespace seqspan::sim {
namespace {

constexpr LinearNames kGateUp{.product = "experts' gate, up",
                              .data_gradient = "experts' gate, up, data gradient",
                              .weight_gradient = "experts' gate, up, weight gradient"};
constexpr LinearNames kDown{.product = "experts' down projection",
                            .data_gradient = "experts' down projection, data gradient",
                            .weight_gradient = "experts' down projection, weight gradient"};
constexpr OperandNames kInput{.cast = "expert input in FP8",
                              .transposed = "expert input in FP8, transposed"};
constexpr OperandNames kActivated{.cast = "experts' SwiGLU output in FP8",
                                  .transposed = "experts' SwiGLU output in FP8, transposed"};
constexpr OperandNames kOutputGradient{.cast = "d(expert output) in FP8",
                                       .transposed = "d(expert output) in FP8, transposed"};
constexpr OperandNames kGateUpGradient{.cast = "d(experts' gate, up) in FP8",
                                       .transposed = "d(experts' gate, up) in FP8, transposed"};

TensorId rows_of(ProgramBuilder& builder, const char* name, const GroupedShape& shape,
                 Extent width) {
  return builder.bfloat16(name, {Extent{"rows of experts", shape.rows}, width});
}

LinearShape product_of(const GroupedShape& shape, std::int64_t outputs, std::int64_t inputs) {
  return {.rows = divide_up(shape.rows, shape.experts),
          .outputs = outputs,
          .inputs = inputs,
          .groups = shape.experts};
}

}  // namespace

GroupedFeedForward::GroupedFeedForward(ProgramBuilder& builder, const LoweringContext& context,
                                       const GroupedShape& shape, const Weights& weights,
                                       TensorId input, TensorId output_gradient)
    : shape_(shape),
      input_(builder, context, kInput, input, LinearOperand::Role::kInput,
             LinearOperand::Tokens::kAll),
      gate_up_(rows_of(builder, "experts' gate, up", shape, Extent{"2 f/etp", 2 * shape.width})),
      activated_(rows_of(builder, "experts' SwiGLU output", shape, Extent{"f/etp", shape.width})),
      activated_operand_(builder, context, kActivated, activated_, LinearOperand::Role::kInput,
                         LinearOperand::Tokens::kAll),
      output_(rows_of(builder, "expert output", shape, context.dimensions.hidden)),
      output_gradient_(builder, context, kOutputGradient, output_gradient,
                       LinearOperand::Role::kGradient, LinearOperand::Tokens::kAll),
      activated_gradient_(
          rows_of(builder, "d(experts' SwiGLU output)", shape, Extent{"f/etp", shape.width})),
      gate_up_gradient_(
          rows_of(builder, "d(experts' gate, up)", shape, Extent{"2 f/etp", 2 * shape.width})),
      gate_up_gradient_operand_(builder, context, kGateUpGradient, gate_up_gradient_,
                                LinearOperand::Role::kGradient, LinearOperand::Tokens::kAll),
      input_gradient_(rows_of(builder, "d(expert input)", shape, context.dimensions.hidden)),
      gate_up_projection_(builder, context, kGateUp,
                          product_of(shape, 2 * shape.width, context.dimensions.hidden.value),
                          weights),
      down_projection_(builder, context, kDown,
                       product_of(shape, context.dimensions.hidden.value, shape.width), weights) {}

void GroupedFeedForward::forward(ProgramBuilder& builder) const {
  input_.prepare(builder, "");
  gate_up_projection_.forward(builder, input_, gate_up_);
  builder.memory_pass("experts' SwiGLU", {gate_up_, shape_.probabilities}, {activated_});
  activated_operand_.prepare(builder, "");
  down_projection_.forward(builder, activated_operand_, output_);
}

void GroupedFeedForward::backward(ProgramBuilder& builder) const {
  output_gradient_.prepare(builder, "");
  down_projection_.data_gradient(builder, output_gradient_, activated_gradient_);
  down_projection_.weight_gradient(builder, output_gradient_, activated_operand_);
  builder.memory_pass("experts' SwiGLU backward",
                      {gate_up_, activated_gradient_, shape_.probabilities},
                      {gate_up_gradient_, shape_.probabilities_gradient});
  gate_up_gradient_operand_.prepare(builder, "");
  gate_up_projection_.data_gradient(builder, gate_up_gradient_operand_, input_gradient_);
  gate_up_projection_.weight_gradient(builder, gate_up_gradient_operand_, input_);
}

}  // namespace seqspan::sim
