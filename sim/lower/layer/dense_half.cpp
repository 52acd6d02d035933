#include "sim/lower/layer/dense_half.hpp"

#include "sim/lower/layer/recompute_policy.hpp"

namespace seqspan::sim {
namespace {

constexpr GatedNames kNames{
    .input = {.whole = "gathered feed-forward norm output",
              .cast = "feed-forward norm output in FP8",
              .whole_cast = "gathered feed-forward norm output in FP8",
              .transposed = "feed-forward norm output in FP8, transposed",
              .exchange = "exchange pieces for gate, up"},
    .gate_up = {.output = "gate, up",
                .output_symbol = "2 f/t",
                .products = {.product = "gate, up projection",
                             .data_gradient = "gate, up projection, data gradient",
                             .weight_gradient = "gate, up projection, weight gradient"},
                .kept = "gate",
                .kept_symbol = "f/t",
                .kept_product = "gate projection",
                .again = "up",
                .again_symbol = "f/t",
                .again_product = "up projection",
                .sum_of_gradients = "sum of gradients from gate, up"},
    .silu = "silu(gate)",
    .activated = "SwiGLU output",
    .activated_operand = {.cast = "SwiGLU output in FP8",
                          .transposed = "SwiGLU output in FP8, transposed"},
    .activated_symbol = "f/t",
    .partial_output = "down projection",
    .reduced_output = "down projection, reduced",
    .output_gradient = {.whole = "gathered gradient, feed-forward half",
                        .cast = "gradient in FP8, feed-forward half",
                        .whole_cast = "gathered gradient in FP8, feed-forward half",
                        .transposed = "gradient in FP8, transposed, feed-forward half",
                        .exchange = "exchange pieces of gradient of feed-forward"},
    .activated_gradient = "d(SwiGLU output)",
    .gate_up_gradient = "d(gate, up)",
    .gate_up_gradient_operand = {.cast = "d(gate, up) in FP8",
                                 .transposed = "d(gate, up) in FP8, transposed"},
    .partial_input_gradient = "d(feed-forward norm output), partial",
    .input_gradient = "d(feed-forward norm output)",
    .gather_input = "all-gather for gate, up",
    .swiglu = "SwiGLU",
    .scatter_output = {"reduce-scatter feed-forward", "all-reduce feed-forward"},
    .gather_output_gradient = "all-gather gradient of feed-forward",
    .swiglu_backward = "SwiGLU backward",
    .gather_for_weight_gradient = "all-gather for gate, up weight gradient",
    .scatter_input_gradient = {"reduce-scatter gradient of gate, up",
                               "all-reduce gradient of gate, up"},
    .down_projection = {.product = "down projection",
                        .data_gradient = "down projection, data gradient",
                        .weight_gradient = "down projection, weight gradient"},
};

constexpr DropoutNames kDropoutNames{
    .forward = "residual after feed-forward",
    .mask = "dropout mask, feed-forward half",
    .gradient = "d(down projection)",
    .backward = "dropout backward, feed-forward half",
};

}  // namespace

DenseHalf::DenseHalf(ProgramBuilder& builder, const LoweringContext& context,
                     const DenseFeedForward& feed_forward, const Weights& weights,
                     const Ports& ports)
    : skips_output_(skips_last_product(context)),
      ports_(ports),
      norm_(builder, context, "feed-forward norm output", ports.input, norm_output_type(context)),
      dropout_(builder, context, kDropoutNames, ports.output_gradient),
      feed_forward_(builder, context, kNames, feed_forward.intermediate / context.layout.tp,
                    weights, norm_.output(), dropout_.gradient(), context.layout.mlp_chunks) {}

void DenseHalf::forward(ProgramBuilder& builder) const {
  norm_.forward(builder);
  feed_forward_.forward(builder);
  dropout_.forward(builder, {ports_.input, feed_forward_.output()}, ports_.output);
}

void DenseHalf::recompute(ProgramBuilder& builder) const {
  if (!skips_output_ || dropout_.active()) return forward(builder);  // the mask comes last
  norm_.forward(builder);
  feed_forward_.recompute(builder);
}

void DenseHalf::backward(ProgramBuilder& builder) const {
  dropout_.backward(builder);
  feed_forward_.backward(builder);
  norm_.backward(builder, feed_forward_.input_gradient(), ports_.output_gradient,
                 ports_.input_gradient);
}

}  // namespace seqspan::sim
