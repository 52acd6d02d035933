#include "sim/lower/layer/attention_half.hpp"

#include <algorithm>

#include "sim/lower/attention/local_heads.hpp"
#include "sim/lower/layer/recompute_policy.hpp"
#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

constexpr DropoutNames kDropoutNames{
    .forward = "residual after attention",
    .mask = "dropout mask, attention half",
    .gradient = "d(attention projection)",
    .backward = "dropout backward, attention half",
};

constexpr OperandNames kInputNames{
    .whole = "gathered attention norm output",
    .cast = "attention norm output in FP8",
    .whole_cast = "gathered attention norm output in FP8",
    .transposed = "attention norm output in FP8, transposed",
    .exchange = "exchange pieces for QKV",
};
constexpr OperandNames kProjectedGradientNames{
    .cast = "d(QKV) in FP8",
    .transposed = "d(QKV) in FP8, transposed",
};
constexpr PairedNames kQkvNames{
    .output = "QKV",
    .output_symbol = "(a + 2 g) d/t",
    .products = {.product = "QKV projection",
                 .data_gradient = "QKV projection, data gradient",
                 .weight_gradient = "QKV projection, weight gradient"},
    .kept = "q, v as projected",
    .kept_symbol = "(a + g) d/t",
    .kept_product = "q, v projections",
    .again = "k as projected",
    .again_symbol = "g d/t",
    .again_product = "k projection",
    .sum_of_gradients = "sum of gradients from q, k, v",
};
// Those with learned positions project q, k and v as one (GPT-2's c_attn, MPT's Wqkv).
std::int64_t layers_of(const FullAttention& attention) { return attention.rotary ? 3 : 1; }

std::int64_t qkv_heads(const FullAttention& attention) {
  return attention.query_heads + 2 * attention.kv_heads;
}

}  // namespace

AttentionHalf::AttentionHalf(ProgramBuilder& builder, const LoweringContext& context,
                             const FullAttention& attention, const Weights& weights,
                             const Ports& ports)
    : gathers_heads_(attention.kv_heads < context.layout.tp),
      keeps_every_second_(keeps_every_second_product(context)),
      recomputes_core_(context.layout.recompute == Recompute::kSelective && !keeps_every_second_),
      scatters_(context.layout.tp > 1),
      compiled_(kernels_of(context.job.training, context.traits).compiled),
      qkv_width_(qkv_heads(attention) * attention.head_dim / context.layout.tp),
      heads_(local_heads(context, attention)),
      ports_(ports),
      norm_(builder, context, "attention norm output", ports.input, norm_output_type(context)),
      dropout_(builder, context, kDropoutNames, ports.output_gradient),
      normed_input_(builder, context, kInputNames, norm_.output(), LinearOperand::Role::kInput,
                    LinearOperand::Tokens::kShard),
      qkv_projection_(builder, context, kQkvNames,
                      {context.dimensions.rows, qkv_width_, context.dimensions.hidden.value,
                       attention.qkv_bias},
                      attention.kv_heads * attention.head_dim / context.layout.tp,
                      layers_of(attention), {context.dimensions.batch, context.dimensions.tokens},
                      weights),
      projected_(gathers_heads_ ? Operands{builder.bfloat16(
                                      "QKV of all TP ranks",
                                      {context.dimensions.batch, context.dimensions.tokens,
                                       Extent{"(a + 2 g) d", qkv_width_ * context.layout.tp}})}
                                : qkv_projection_.outputs()),
      positions_(builder, context, attention, heads_, projected_),
      attention_(make_attention(
          builder, heads_, positions_.output(),
          {context.layout, context.traits, context.job.training, context.ring_rank})),
      output_projection_(
          builder, context,
          {attention.query_heads * attention.head_dim / context.layout.tp, attention.output_bias},
          weights, output_of(attention_), dropout_.gradient()),
      projected_gradient_(
          builder.bfloat16("d(QKV)", {context.dimensions.batch, context.dimensions.tokens,
                                      Extent{"(a + 2 g) d/t", qkv_width_}})),
      projected_operand_(builder, context, kProjectedGradientNames, projected_gradient_,
                         LinearOperand::Role::kGradient, LinearOperand::Tokens::kAll),
      whole_projected_gradient_(
          gathers_heads_ ? builder.bfloat16("d(QKV of all TP ranks)",
                                            builder.program().tensor(projected_[0]).shape)
                         : projected_gradient_),
      whole_norm_gradient_(
          builder.bfloat16("d(attention norm output), partial", context.dimensions.full())),
      norm_gradient_(shard_of(builder, context, "d(attention norm output)", whole_norm_gradient_)) {
}

void AttentionHalf::forward(ProgramBuilder& builder) const {
  norm_.forward(builder);
  normed_input_.prepare(builder, "all-gather for QKV");
  qkv_projection_.forward(builder, normed_input_);
  if (gathers_heads_) {
    builder.communicate(
        "all-gather QKV heads",
        {Collective::kAllGather, Axis::kTensor, builder.program().tensor(projected_[0]).bytes},
        qkv_projection_.outputs(), projected_);
  }
  positions_.forward(builder);
  sim::forward(attention_, builder);
  output_projection_.forward(builder);
  dropout_.forward(builder, {ports_.input, output_projection_.output()}, ports_.output);
}

void AttentionHalf::recompute(ProgramBuilder& builder) const {
  if (!keeps_every_second_) {
    forward(builder);
    return;
  }
  norm_.forward(builder);
  normed_input_.prepare(builder, "all-gather for QKV");
  qkv_projection_.recompute(builder, normed_input_);
  positions_.forward(builder);
  // Attention's output is kept, and what the reduce-scatter of the projection wrote.
  output_projection_.recompute(builder, !scatters_ || !compiled_);
  dropout_.forward(builder, {ports_.input, output_projection_.output()}, ports_.output);
}

void AttentionHalf::backward(ProgramBuilder& builder) const {
  dropout_.backward(builder);
  output_projection_.backward(builder);
  if (recomputes_core_) {
    builder.set_pass(Pass::kRecompute);
    sim::forward(attention_, builder);
    builder.set_pass(Pass::kBackward);
  }
  sim::backward(attention_, builder, output_projection_.attended_gradient());
  positions_.backward(builder, gradients_of(attention_), whole_projected_gradient_);
  if (gathers_heads_) {
    builder.communicate("reduce-scatter gradient of QKV heads",
                        {Collective::kReduceScatter, Axis::kTensor,
                         builder.program().tensor(whole_projected_gradient_).bytes},
                        {whole_projected_gradient_}, {projected_gradient_});
  }
  normed_input_.gather_again(builder, "all-gather for QKV weight gradient");
  projected_operand_.prepare(builder, "");
  qkv_projection_.data_gradient(builder, projected_operand_, whole_norm_gradient_);
  scatter_tokens(builder, {"reduce-scatter gradient of QKV", "all-reduce gradient of QKV"},
                 whole_norm_gradient_, norm_gradient_);
  qkv_projection_.weight_gradient(builder, projected_operand_, normed_input_);
  norm_.backward(builder, norm_gradient_, ports_.output_gradient, ports_.input_gradient);
}

}  // namespace seqspan::sim
