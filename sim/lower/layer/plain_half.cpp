#include "sim/lower/layer/plain_half.hpp"

#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

constexpr DropoutNames kDropoutNames{
    .forward = "residual after feed-forward",
    .mask = "dropout mask, feed-forward half",
    .gradient = "d(down projection)",
    .backward = "dropout backward, feed-forward half",
};

Shape wide(const Dimensions& dimensions, std::int64_t width) {
  return {dimensions.batch, dimensions.tokens, Extent{"f/t", width}};
}

}  // namespace

PlainHalf::PlainHalf(ProgramBuilder& builder, const LoweringContext& context,
                     const PlainFeedForward& feed_forward, const Weights& weights,
                     const Ports& ports)
    : weights_(weights),
      rows_(context.dimensions.rows),
      hidden_(context.dimensions.hidden.value),
      width_(feed_forward.intermediate / context.layout.tp),
      ports_(ports),
      norm_(builder, context, "feed-forward norm output", ports.input),
      dropout_(builder, context, kDropoutNames, ports.output_gradient),
      whole_input_(whole_of(builder, context, "gathered feed-forward norm output", norm_.output())),
      up_(builder.bfloat16("up", wide(context.dimensions, width_))),
      activated_(builder.bfloat16("GELU output", wide(context.dimensions, width_))),
      partial_output_(builder.bfloat16("down projection", context.dimensions.full())),
      reduced_output_(shard_of(builder, context, "down projection, reduced", partial_output_)),
      whole_output_gradient_(
          whole_of(builder, context, "gathered gradient, feed-forward half", dropout_.gradient())),
      activated_gradient_(builder.bfloat16("d(GELU output)", wide(context.dimensions, width_))),
      up_gradient_(builder.bfloat16("d(up)", wide(context.dimensions, width_))),
      whole_norm_gradient_(
          builder.bfloat16("d(feed-forward norm output), partial", context.dimensions.full())),
      norm_gradient_(
          shard_of(builder, context, "d(feed-forward norm output)", whole_norm_gradient_)) {}

void PlainHalf::forward(ProgramBuilder& builder) const {
  norm_.forward(builder);
  gather_tokens(builder, "all-gather for up", norm_.output(), whole_input_);
  builder.gemm("up projection", {rows_, width_, hidden_}, {whole_input_, weights_.parameters()},
               {up_});
  builder.memory_pass("GELU", {up_}, {activated_});
  builder.gemm("down projection", {rows_, hidden_, width_}, {activated_, weights_.parameters()},
               {partial_output_});
  scatter_tokens(builder, {"reduce-scatter feed-forward", "all-reduce feed-forward"},
                 partial_output_, reduced_output_);
  dropout_.forward(builder, {ports_.input, reduced_output_}, ports_.output);
}

void PlainHalf::backward(ProgramBuilder& builder) const {
  dropout_.backward(builder);
  gather_tokens(builder, "all-gather gradient of feed-forward", dropout_.gradient(),
                whole_output_gradient_);
  builder.gemm("down projection, data gradient", {rows_, width_, hidden_},
               {whole_output_gradient_, weights_.parameters()}, {activated_gradient_});
  builder.weight_gradient("down projection, weight gradient", {hidden_, width_, rows_},
                          {whole_output_gradient_, activated_}, {weights_.gradients()});
  builder.memory_pass("GELU backward", {up_, activated_gradient_}, {up_gradient_});
  gather_tokens(builder, "all-gather for up weight gradient", norm_.output(), whole_input_);
  builder.gemm("up projection, data gradient", {rows_, hidden_, width_},
               {up_gradient_, weights_.parameters()}, {whole_norm_gradient_});
  scatter_tokens(builder, {"reduce-scatter gradient of up", "all-reduce gradient of up"},
                 whole_norm_gradient_, norm_gradient_);
  builder.weight_gradient("up projection, weight gradient", {width_, hidden_, rows_},
                          {up_gradient_, whole_input_}, {weights_.gradients()});
  norm_.backward(builder, norm_gradient_, ports_.output_gradient, ports_.input_gradient);
}

}  // namespace seqspan::sim
