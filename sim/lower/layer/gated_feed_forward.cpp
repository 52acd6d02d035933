#include "sim/lower/layer/gated_feed_forward.hpp"

#include "sim/lower/kernels.hpp"
#include "sim/lower/layer/recompute_policy.hpp"
#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

Shape rows(const Dimensions& dimensions, std::int64_t chunks) {
  if (chunks == 1) return {dimensions.batch, dimensions.tokens};
  return {Extent{"b s/c / chunks", divide_up(dimensions.rows, chunks)}};
}

Shape wide(const Dimensions& dimensions, std::int64_t chunks, const char* symbol,
           std::int64_t width) {
  Shape shape = rows(dimensions, chunks);
  shape.extents[shape.rank++] = Extent{symbol, width};
  return shape;
}

}  // namespace

GatedFeedForward::GatedFeedForward(ProgramBuilder& builder, const LoweringContext& context,
                                   const GatedNames& names, std::int64_t width,
                                   const Weights& weights, TensorId input, TensorId output_gradient,
                                   std::int64_t chunks)
    : names_(names),
      fused_(kernels_of(context.job.training, context.traits).fused_elementwise),
      skips_output_(skips_last_product(context)),
      keeps_every_second_(keeps_every_second_product(context)),
      chunks_(chunks),
      input_(builder, context, names.input, input, LinearOperand::Role::kInput,
             LinearOperand::Tokens::kShard),
      gate_up_(
          builder, context, names.gate_up,
          {divide_up(context.dimensions.rows, chunks), 2 * width, context.dimensions.hidden.value},
          width, 2, rows(context.dimensions, chunks), weights),
      silu_(builder.bfloat16(names.silu,
                             wide(context.dimensions, chunks, names.activated_symbol, width))),
      activated_(builder.bfloat16(names.activated,
                                  wide(context.dimensions, chunks, names.activated_symbol, width))),
      activated_operand_(builder, context, names.activated_operand, activated_,
                         LinearOperand::Role::kInput, LinearOperand::Tokens::kAll),
      partial_output_(builder.bfloat16(names.partial_output, context.dimensions.full())),
      reduced_output_(shard_of(builder, context, names.reduced_output, partial_output_)),
      output_gradient_(builder, context, names.output_gradient, output_gradient,
                       LinearOperand::Role::kGradient, LinearOperand::Tokens::kShard),
      activated_gradient_(
          builder.bfloat16(names.activated_gradient,
                           wide(context.dimensions, chunks, names.activated_symbol, width))),
      gate_up_gradient_(builder.bfloat16(
          names.gate_up_gradient,
          wide(context.dimensions, chunks, names.gate_up.output_symbol, 2 * width))),
      gate_up_gradient_operand_(builder, context, names.gate_up_gradient_operand, gate_up_gradient_,
                                LinearOperand::Role::kGradient, LinearOperand::Tokens::kAll),
      whole_input_gradient_(
          builder.bfloat16(names.partial_input_gradient, context.dimensions.full())),
      input_gradient_(shard_of(builder, context, names.input_gradient, whole_input_gradient_)),
      chunk_output_(chunks > 1 ? builder.bfloat16("down projection of a chunk",
                                                  wide(context.dimensions, chunks, "h",
                                                       context.dimensions.hidden.value))
                               : partial_output_),
      down_projection_(
          builder, context, names.down_projection,
          {divide_up(context.dimensions.rows, chunks), context.dimensions.hidden.value, width},
          weights) {}

void GatedFeedForward::activate(ProgramBuilder& builder) const {
  if (fused_) {
    builder.memory_pass(names_.swiglu, gate_up_.outputs(), {activated_});
  } else {
    // Each pass reads one half of gate, up.
    const Bytes half = builder.program().tensor(silu_).bytes;
    builder.memory_pass("silu", 2 * half, gate_up_.outputs(), {silu_});
    Operands reads{silu_};
    for (const TensorId tensor : gate_up_.outputs()) reads.push_back(tensor);
    builder.memory_pass("silu(gate) x up", 3 * half, reads, {activated_});
  }
  activated_operand_.prepare(builder, "");
}

void GatedFeedForward::widen(ProgramBuilder& builder) const {
  gate_up_.forward(builder, input_);
  activate(builder);
}

void GatedFeedForward::forward(ProgramBuilder& builder) const {
  input_.prepare(builder, names_.gather_input);
  if (chunks_ == 1) {
    widen(builder);
    down_projection_.forward_and_scatter(builder, activated_operand_, names_.scatter_output,
                                         partial_output_, reduced_output_);
    return;
  }
  builder.begin_loop(chunks_, {});
  widen(builder);
  down_projection_.forward(builder, activated_operand_, partial_output_);
  builder.end_loop();
  scatter_tokens(builder, names_.scatter_output, partial_output_, reduced_output_);
}

void GatedFeedForward::recompute(ProgramBuilder& builder) const {
  if (!skips_output_) return forward(builder);
  // No backward reads the output: the policy keeps it, and nothing waits for it.
  input_.prepare(builder, names_.gather_input);
  if (chunks_ > 1) return;  // backward widens each part
  if (keeps_every_second_) {
    gate_up_.recompute(builder, input_);
  } else {
    gate_up_.forward(builder, input_);
  }
  activate(builder);
}

void GatedFeedForward::backward_rows(ProgramBuilder& builder) const {
  down_projection_.data_gradient(builder, output_gradient_, activated_gradient_);
  down_projection_.weight_gradient(builder, output_gradient_, activated_operand_);
  Operands reads = gate_up_.outputs();
  if (!fused_) reads.push_back(silu_);
  reads.push_back(activated_gradient_);
  if (fused_) {
    builder.memory_pass(names_.swiglu_backward, reads, {gate_up_gradient_});
  } else {
    const Tensor& silu = builder.program().tensor(silu_);
    builder.memory_pass("silu(gate) x up backward",
                        Bytes(silu.shape.elements() * kEagerSwigluBackward), reads,
                        {gate_up_gradient_});
  }
}

void GatedFeedForward::backward(ProgramBuilder& builder) const {
  output_gradient_.prepare(builder, names_.gather_output_gradient);
  if (chunks_ > 1) {
    builder.begin_loop(chunks_, {});
    builder.set_pass(Pass::kRecompute);
    widen(builder);
    down_projection_.forward(builder, activated_operand_, chunk_output_);
    builder.set_pass(Pass::kBackward);
  }
  backward_rows(builder);
  input_.gather_again(builder, names_.gather_for_weight_gradient);
  gate_up_gradient_operand_.prepare(builder, "");
  gate_up_.data_gradient(builder, gate_up_gradient_operand_, whole_input_gradient_);
  if (chunks_ == 1) {
    scatter_tokens(builder, names_.scatter_input_gradient, whole_input_gradient_, input_gradient_);
  }
  gate_up_.weight_gradient(builder, gate_up_gradient_operand_, input_);
  if (chunks_ == 1) return;
  builder.end_loop();
  scatter_tokens(builder, names_.scatter_input_gradient, whole_input_gradient_, input_gradient_);
}

}  // namespace seqspan::sim
