#include "sim/lower/layer/plain_half.hpp"

#include "sim/lower/layer/recompute_policy.hpp"

#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

constexpr DropoutNames kDropoutNames{
    .forward = "residual after feed-forward",
    .mask = "dropout mask, feed-forward half",
    .gradient = "d(down projection)",
    .backward = "dropout backward, feed-forward half",
};

constexpr OperandNames kInputNames{
    .whole = "gathered feed-forward norm output",
    .cast = "feed-forward norm output in FP8",
    .whole_cast = "gathered feed-forward norm output in FP8",
    .transposed = "feed-forward norm output in FP8, transposed",
    .exchange = "exchange pieces for up",
};
constexpr OperandNames kActivatedNames{
    .cast = "GELU output in FP8",
    .transposed = "GELU output in FP8, transposed",
};
constexpr OperandNames kOutputGradientNames{
    .whole = "gathered gradient, feed-forward half",
    .cast = "gradient in FP8, feed-forward half",
    .whole_cast = "gathered gradient in FP8, feed-forward half",
    .transposed = "gradient in FP8, transposed, feed-forward half",
    .exchange = "exchange pieces of gradient of feed-forward",
};
constexpr OperandNames kUpGradientNames{
    .cast = "d(up) in FP8",
    .transposed = "d(up) in FP8, transposed",
};
constexpr LinearNames kUpNames{
    .product = "up projection",
    .data_gradient = "up projection, data gradient",
    .weight_gradient = "up projection, weight gradient",
};
constexpr LinearNames kDownNames{
    .product = "down projection",
    .data_gradient = "down projection, data gradient",
    .weight_gradient = "down projection, weight gradient",
};

Shape wide(const Dimensions& dimensions, std::int64_t width) {
  return {dimensions.batch, dimensions.tokens, Extent{"f/t", width}};
}

}  // namespace

PlainHalf::PlainHalf(ProgramBuilder& builder, const LoweringContext& context,
                     const PlainFeedForward& feed_forward, const Weights& weights,
                     const Ports& ports)
    : skips_output_(skips_last_product(context)),
      width_(feed_forward.intermediate / context.layout.tp),
      ports_(ports),
      norm_(builder, context, "feed-forward norm output", ports.input, norm_output_type(context)),
      dropout_(builder, context, kDropoutNames, ports.output_gradient),
      input_(builder, context, kInputNames, norm_.output(), LinearOperand::Role::kInput,
             LinearOperand::Tokens::kShard),
      up_(builder.bfloat16("up", wide(context.dimensions, width_))),
      activated_(builder.bfloat16("GELU output", wide(context.dimensions, width_))),
      activated_operand_(builder, context, kActivatedNames, activated_, LinearOperand::Role::kInput,
                         LinearOperand::Tokens::kAll),
      partial_output_(builder.bfloat16("down projection", context.dimensions.full())),
      reduced_output_(shard_of(builder, context, "down projection, reduced", partial_output_)),
      output_gradient_(builder, context, kOutputGradientNames, dropout_.gradient(),
                       LinearOperand::Role::kGradient, LinearOperand::Tokens::kShard),
      activated_gradient_(builder.bfloat16("d(GELU output)", wide(context.dimensions, width_))),
      up_gradient_(builder.bfloat16("d(up)", wide(context.dimensions, width_))),
      up_gradient_operand_(builder, context, kUpGradientNames, up_gradient_,
                           LinearOperand::Role::kGradient, LinearOperand::Tokens::kAll),
      whole_norm_gradient_(
          builder.bfloat16("d(feed-forward norm output), partial", context.dimensions.full())),
      norm_gradient_(
          shard_of(builder, context, "d(feed-forward norm output)", whole_norm_gradient_)),
      up_projection_(
          builder, context, kUpNames,
          {context.dimensions.rows, width_, context.dimensions.hidden.value, feed_forward.bias},
          weights),
      down_projection_(
          builder, context, kDownNames,
          {context.dimensions.rows, context.dimensions.hidden.value, width_, feed_forward.bias},
          weights) {}

void PlainHalf::recompute(ProgramBuilder& builder) const {
  if (!skips_output_ || dropout_.active()) return forward(builder);  // the mask comes last
  widen(builder);
}

void PlainHalf::widen(ProgramBuilder& builder) const {
  norm_.forward(builder);
  input_.prepare(builder, "all-gather for up");
  up_projection_.forward(builder, input_, up_);
  builder.memory_pass("GELU", {up_}, {activated_});
  activated_operand_.prepare(builder, "");
}

void PlainHalf::forward(ProgramBuilder& builder) const {
  widen(builder);
  down_projection_.forward_and_scatter(builder, activated_operand_,
                                       {"reduce-scatter feed-forward", "all-reduce feed-forward"},
                                       partial_output_, reduced_output_);
  dropout_.forward(builder, {ports_.input, reduced_output_}, ports_.output);
}

void PlainHalf::backward(ProgramBuilder& builder) const {
  dropout_.backward(builder);
  output_gradient_.prepare(builder, "all-gather gradient of feed-forward");
  down_projection_.data_gradient(builder, output_gradient_, activated_gradient_);
  down_projection_.weight_gradient(builder, output_gradient_, activated_operand_);
  builder.memory_pass("GELU backward", {up_, activated_gradient_}, {up_gradient_});
  input_.gather_again(builder, "all-gather for up weight gradient");
  up_gradient_operand_.prepare(builder, "");
  up_projection_.data_gradient(builder, up_gradient_operand_, whole_norm_gradient_);
  scatter_tokens(builder, {"reduce-scatter gradient of up", "all-reduce gradient of up"},
                 whole_norm_gradient_, norm_gradient_);
  up_projection_.weight_gradient(builder, up_gradient_operand_, input_);
  norm_.backward(builder, norm_gradient_, ports_.output_gradient, ports_.input_gradient);
}

}  // namespace seqspan::sim
