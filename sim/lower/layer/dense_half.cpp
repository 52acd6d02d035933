#include "sim/lower/layer/dense_half.hpp"

#include "sim/lower/framework_traits.hpp"
#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

Shape feed_forward_shape(const Dimensions& dimensions, const char* symbol, std::int64_t width) {
  return {dimensions.batch, dimensions.tokens, Extent{symbol, width}};
}

}  // namespace

DenseHalf::DenseHalf(ProgramBuilder& builder, const LoweringContext& context,
                     const DenseFeedForward& feed_forward, const Weights& weights,
                     const Ports& ports)
    : weights_(weights),
      fused_(context.traits.fused_kernels),
      rows_(context.dimensions.rows),
      hidden_(context.dimensions.hidden.value),
      width_(feed_forward.intermediate / context.layout.tp),
      ports_(ports),
      norm_(builder, context, "feed-forward norm output", ports.input),
      whole_norm_(whole_of(builder, context, "gathered feed-forward norm output", norm_.output())),
      gate_up_(builder.bfloat16("gate, up",
                                feed_forward_shape(context.dimensions, "2 f/t", 2 * width_))),
      silu_(builder.bfloat16("silu(gate)", feed_forward_shape(context.dimensions, "f/t", width_))),
      activated_(
          builder.bfloat16("SwiGLU output", feed_forward_shape(context.dimensions, "f/t", width_))),
      partial_output_(builder.bfloat16("down projection", context.dimensions.full())),
      reduced_output_(shard_of(builder, context, "down projection, reduced", partial_output_)),
      whole_output_gradient_(whole_of(builder, context, "gathered gradient, feed-forward half",
                                      ports.output_gradient)),
      activated_gradient_(builder.bfloat16("d(SwiGLU output)",
                                           feed_forward_shape(context.dimensions, "f/t", width_))),
      gate_up_gradient_(builder.bfloat16(
          "d(gate, up)", feed_forward_shape(context.dimensions, "2 f/t", 2 * width_))),
      whole_norm_gradient_(
          builder.bfloat16("d(feed-forward norm output), partial", context.dimensions.full())),
      norm_gradient_(
          shard_of(builder, context, "d(feed-forward norm output)", whole_norm_gradient_)) {}

void DenseHalf::forward(ProgramBuilder& builder) const {
  norm_.forward(builder);
  gather_tokens(builder, "all-gather for gate, up", norm_.output(), whole_norm_);
  builder.gemm("gate, up projection", {rows_, 2 * width_, hidden_},
               {whole_norm_, weights_.parameters()}, {gate_up_});
  if (fused_) {
    builder.memory_pass("SwiGLU", {gate_up_}, {activated_});
  } else {
    // Each pass reads one half of gate, up.
    const Bytes half = builder.program().tensor(silu_).bytes;
    builder.memory_pass("silu", 2 * half, {gate_up_}, {silu_});
    builder.memory_pass("silu(gate) x up", 3 * half, {silu_, gate_up_}, {activated_});
  }
  builder.gemm("down projection", {rows_, hidden_, width_}, {activated_, weights_.parameters()},
               {partial_output_});
  scatter_tokens(builder, "reduce-scatter feed-forward", partial_output_, reduced_output_);
  builder.memory_pass("residual after feed-forward", {ports_.input, reduced_output_},
                      {ports_.output});
}

void DenseHalf::backward(ProgramBuilder& builder) const {
  gather_tokens(builder, "all-gather gradient of feed-forward", ports_.output_gradient,
                whole_output_gradient_);
  builder.gemm("down projection, data gradient", {rows_, width_, hidden_},
               {whole_output_gradient_, weights_.parameters()}, {activated_gradient_});
  builder.weight_gradient("down projection, weight gradient", {hidden_, width_, rows_},
               {whole_output_gradient_, activated_}, {weights_.gradients()});
  if (fused_) {
    builder.memory_pass("SwiGLU backward", {gate_up_, activated_gradient_}, {gate_up_gradient_});
  } else {
    builder.memory_pass("silu(gate) x up backward", {gate_up_, silu_, activated_gradient_},
                        {gate_up_gradient_});
  }
  gather_tokens(builder, "all-gather for gate, up weight gradient", norm_.output(), whole_norm_);
  builder.gemm("gate, up projection, data gradient", {rows_, hidden_, 2 * width_},
               {gate_up_gradient_, weights_.parameters()}, {whole_norm_gradient_});
  scatter_tokens(builder, "reduce-scatter gradient of gate, up", whole_norm_gradient_,
                 norm_gradient_);
  builder.weight_gradient("gate, up projection, weight gradient", {2 * width_, hidden_, rows_},
               {gate_up_gradient_, whole_norm_}, {weights_.gradients()});
  norm_.backward(builder, norm_gradient_, ports_.output_gradient, ports_.input_gradient);
}

}  // namespace seqspan::sim
