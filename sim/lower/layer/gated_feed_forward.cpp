#include "sim/lower/layer/gated_feed_forward.hpp"

#include "sim/lower/framework_traits.hpp"
#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

Shape wide(const Dimensions& dimensions, std::int64_t chunks, const char* symbol,
           std::int64_t width) {
  if (chunks == 1) return {dimensions.batch, dimensions.tokens, Extent{symbol, width}};
  return {Extent{"b s/c / chunks", divide_up(dimensions.rows, chunks)}, Extent{symbol, width}};
}

}  // namespace

GatedFeedForward::GatedFeedForward(ProgramBuilder& builder, const LoweringContext& context,
                                   const GatedNames& names, std::int64_t width,
                                   const Weights& weights, TensorId input, TensorId output_gradient,
                                   std::int64_t chunks)
    : names_(names),
      weights_(weights),
      fused_(context.traits.fused_kernels),
      chunks_(chunks),
      rows_(divide_up(context.dimensions.rows, chunks)),
      hidden_(context.dimensions.hidden.value),
      width_(width),
      input_(input),
      whole_input_(whole_of(builder, context, names.whole_input, input)),
      gate_up_(builder.bfloat16(names.gate_up,
                                wide(context.dimensions, chunks, names.gate_up_symbol, 2 * width))),
      silu_(builder.bfloat16(names.silu,
                             wide(context.dimensions, chunks, names.activated_symbol, width))),
      activated_(builder.bfloat16(names.activated,
                                  wide(context.dimensions, chunks, names.activated_symbol, width))),
      partial_output_(builder.bfloat16(names.partial_output, context.dimensions.full())),
      reduced_output_(shard_of(builder, context, names.reduced_output, partial_output_)),
      output_gradient_(output_gradient),
      whole_output_gradient_(
          whole_of(builder, context, names.whole_output_gradient, output_gradient)),
      activated_gradient_(
          builder.bfloat16(names.activated_gradient,
                           wide(context.dimensions, chunks, names.activated_symbol, width))),
      gate_up_gradient_(
          builder.bfloat16(names.gate_up_gradient,
                           wide(context.dimensions, chunks, names.gate_up_symbol, 2 * width))),
      whole_input_gradient_(
          builder.bfloat16(names.partial_input_gradient, context.dimensions.full())),
      input_gradient_(shard_of(builder, context, names.input_gradient, whole_input_gradient_)),
      chunk_output_(chunks > 1 ? builder.bfloat16("down projection of a chunk",
                                                  wide(context.dimensions, chunks, "h", hidden_))
                               : partial_output_) {}

void GatedFeedForward::forward_rows(ProgramBuilder& builder, TensorId output) const {
  builder.gemm(names_.gate_up_projection, {rows_, 2 * width_, hidden_},
               {whole_input_, weights_.parameters()}, {gate_up_});
  if (fused_) {
    builder.memory_pass(names_.swiglu, {gate_up_}, {activated_});
  } else {
    // Each pass reads one half of gate, up.
    const Bytes half = builder.program().tensor(silu_).bytes;
    builder.memory_pass("silu", 2 * half, {gate_up_}, {silu_});
    builder.memory_pass("silu(gate) x up", 3 * half, {silu_, gate_up_}, {activated_});
  }
  builder.gemm(names_.down_projection, {rows_, hidden_, width_},
               {activated_, weights_.parameters()}, {output});
}

void GatedFeedForward::forward(ProgramBuilder& builder) const {
  gather_tokens(builder, names_.gather_input, input_, whole_input_);
  if (chunks_ > 1) builder.begin_loop(chunks_, {});
  forward_rows(builder, partial_output_);
  if (chunks_ > 1) builder.end_loop();
  scatter_tokens(builder, names_.scatter_output, partial_output_, reduced_output_);
}

void GatedFeedForward::backward_rows(ProgramBuilder& builder) const {
  builder.gemm(names_.down_data_gradient, {rows_, width_, hidden_},
               {whole_output_gradient_, weights_.parameters()}, {activated_gradient_});
  builder.weight_gradient(names_.down_weight_gradient, {hidden_, width_, rows_},
                          {whole_output_gradient_, activated_}, {weights_.gradients()});
  if (fused_) {
    builder.memory_pass(names_.swiglu_backward, {gate_up_, activated_gradient_},
                        {gate_up_gradient_});
  } else {
    builder.memory_pass("silu(gate) x up backward", {gate_up_, silu_, activated_gradient_},
                        {gate_up_gradient_});
  }
}

void GatedFeedForward::backward(ProgramBuilder& builder) const {
  gather_tokens(builder, names_.gather_output_gradient, output_gradient_, whole_output_gradient_);
  if (chunks_ > 1) {
    builder.begin_loop(chunks_, {});
    builder.set_pass(Pass::kRecompute);
    forward_rows(builder, chunk_output_);
    builder.set_pass(Pass::kBackward);
  }
  backward_rows(builder);
  gather_tokens(builder, names_.gather_for_weight_gradient, input_, whole_input_);
  builder.gemm(names_.gate_up_data_gradient, {rows_, hidden_, 2 * width_},
               {gate_up_gradient_, weights_.parameters()}, {whole_input_gradient_});
  if (chunks_ == 1) {
    scatter_tokens(builder, names_.scatter_input_gradient, whole_input_gradient_, input_gradient_);
  }
  builder.weight_gradient(names_.gate_up_weight_gradient, {2 * width_, hidden_, rows_},
                          {gate_up_gradient_, whole_input_}, {weights_.gradients()});
  if (chunks_ == 1) return;
  builder.end_loop();
  scatter_tokens(builder, names_.scatter_input_gradient, whole_input_gradient_, input_gradient_);
}

}  // namespace seqspan::sim
