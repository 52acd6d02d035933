#include "sim/lower/layer/attention_half.hpp"

#include <algorithm>

#include "sim/lower/attention/local_heads.hpp"
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
constexpr OperandNames kAttendedNames{
    .cast = "attention output in FP8",
    .transposed = "attention output in FP8, transposed",
};
constexpr OperandNames kOutputGradientNames{
    .whole = "gathered gradient, attention half",
    .cast = "gradient in FP8, attention half",
    .whole_cast = "gathered gradient in FP8, attention half",
    .transposed = "gradient in FP8, transposed, attention half",
    .exchange = "exchange pieces of gradient of attention",
};
constexpr OperandNames kProjectedGradientNames{
    .cast = "d(QKV) in FP8",
    .transposed = "d(QKV) in FP8, transposed",
};
constexpr LinearNames kQkvNames{
    .product = "QKV projection",
    .data_gradient = "QKV projection, data gradient",
    .weight_gradient = "QKV projection, weight gradient",
};
constexpr LinearNames kOutputNames{
    .product = "output projection",
    .data_gradient = "output projection, data gradient",
    .weight_gradient = "output projection, weight gradient",
};

std::int64_t qkv_heads(const FullAttention& attention) {
  return attention.query_heads + 2 * attention.kv_heads;
}

}  // namespace

AttentionHalf::AttentionHalf(ProgramBuilder& builder, const LoweringContext& context,
                             const FullAttention& attention, const Weights& weights,
                             const Ports& ports)
    : qk_norm_(attention.qk_norm),
      views_(!attention.rotary && context.layout.cp() == 1),
      gathers_heads_(attention.kv_heads < context.layout.tp),
      recomputes_core_(context.layout.recompute == Recompute::kSelective),
      qkv_width_(qkv_heads(attention) * attention.head_dim / context.layout.tp),
      heads_(local_heads(context, attention)),
      ports_(ports),
      norm_(builder, context, "attention norm output", ports.input, norm_output_type(context)),
      dropout_(builder, context, kDropoutNames, ports.output_gradient),
      normed_input_(builder, context, kInputNames, norm_.output(), LinearOperand::Role::kInput,
                    LinearOperand::Tokens::kShard),
      projected_(builder.bfloat16("QKV", {context.dimensions.batch, context.dimensions.tokens,
                                          Extent{"(a + 2 g) d/t", qkv_width_}})),
      whole_projected_(
          gathers_heads_ ? builder.bfloat16("QKV of all TP ranks",
                                            {context.dimensions.batch, context.dimensions.tokens,
                                             Extent{"(a + 2 g) d", qkv_width_ * context.layout.tp}})
                         : projected_),
      linear_{builder.bfloat16("q before norm", heads_.query()),
              builder.bfloat16("k before norm", heads_.key()), projected_},
      qk_inverse_rms_(
          builder.float32("1/rms of q, k",
                          {heads_.batch, heads_.tokens,
                           Extent{"(a + g)/t", heads_.query_heads.value + heads_.kv_heads.value}})),
      normed_{builder.bfloat16("q before RoPE", heads_.query()),
              builder.bfloat16("k before RoPE", heads_.key()), projected_},
      positioned_(views_ ? QueryKeyValue{whole_projected_, whole_projected_, whole_projected_}
                         : QueryKeyValue{builder.bfloat16("q", heads_.query()),
                                         builder.bfloat16("k", heads_.key()),
                                         builder.bfloat16("v", heads_.value())}),
      rotary_(attention.rotary),
      attention_(make_attention(
          builder, heads_, positioned_,
          {context.layout, context.traits, context.job.training, context.ring_rank})),
      attended_(builder, context, kAttendedNames, output_of(attention_),
                LinearOperand::Role::kInput, LinearOperand::Tokens::kAll),
      partial_output_(builder.bfloat16("attention projection", context.dimensions.full())),
      reduced_output_(shard_of(builder, context, "attention projection, reduced", partial_output_)),
      output_gradient_(builder, context, kOutputGradientNames, dropout_.gradient(),
                       LinearOperand::Role::kGradient, LinearOperand::Tokens::kShard),
      attention_output_gradient_(builder.bfloat16("d(attention output)", heads_.output())),
      normed_gradient_{builder.bfloat16("dq before RoPE", heads_.query()),
                       builder.bfloat16("dk before RoPE", heads_.key()), projected_},
      projected_gradient_(builder.bfloat16("d(QKV)", builder.program().tensor(projected_).shape)),
      projected_operand_(builder, context, kProjectedGradientNames, projected_gradient_,
                         LinearOperand::Role::kGradient, LinearOperand::Tokens::kAll),
      whole_projected_gradient_(
          gathers_heads_ ? builder.bfloat16("d(QKV of all TP ranks)",
                                            builder.program().tensor(whole_projected_).shape)
                         : projected_gradient_),
      whole_norm_gradient_(
          builder.bfloat16("d(attention norm output), partial", context.dimensions.full())),
      norm_gradient_(shard_of(builder, context, "d(attention norm output)", whole_norm_gradient_)),
      qkv_projection_(builder, context, kQkvNames,
                      {context.dimensions.rows, qkv_width_, context.dimensions.hidden.value,
                       attention.qkv_bias},
                      weights),
      output_projection_(
          builder, context, kOutputNames,
          {context.dimensions.rows, context.dimensions.hidden.value,
           attention.query_heads * attention.head_dim / context.layout.tp, attention.output_bias},
          weights) {}

void AttentionHalf::position_heads(ProgramBuilder& builder) const {
  if (views_) return;
  if (!qk_norm_) {
    builder.memory_pass(rotary_ ? "split heads, RoPE" : "split heads", {whole_projected_},
                        {positioned_.query, positioned_.key, positioned_.value});
    return;
  }
  builder.memory_pass("split heads", {whole_projected_},
                      {linear_.query, linear_.key, positioned_.value});
  builder.memory_pass("QK-norm", {linear_.query, linear_.key},
                      {normed_.query, normed_.key, qk_inverse_rms_});
  builder.memory_pass("RoPE", {normed_.query, normed_.key}, {positioned_.query, positioned_.key});
}

void AttentionHalf::position_heads_backward(ProgramBuilder& builder) const {
  const QueryKeyValue gradients = gradients_of(attention_);
  if (!qk_norm_) {
    builder.memory_pass(rotary_ ? "RoPE backward" : "join heads' gradients",
                        {gradients.query, gradients.key, gradients.value},
                        {whole_projected_gradient_});
    return;
  }
  builder.memory_pass("RoPE backward", {gradients.query, gradients.key},
                      {normed_gradient_.query, normed_gradient_.key});
  builder.memory_pass("QK-norm backward",
                      {normed_gradient_.query, normed_gradient_.key, gradients.value, linear_.query,
                       linear_.key, qk_inverse_rms_},
                      {whole_projected_gradient_});
}

void AttentionHalf::forward(ProgramBuilder& builder) const {
  norm_.forward(builder);
  normed_input_.prepare(builder, "all-gather for QKV");
  qkv_projection_.forward(builder, normed_input_, projected_);
  if (gathers_heads_) {
    builder.communicate(
        "all-gather QKV heads",
        {Collective::kAllGather, Axis::kTensor, builder.program().tensor(whole_projected_).bytes},
        {projected_}, {whole_projected_});
  }
  position_heads(builder);
  sim::forward(attention_, builder);
  attended_.prepare(builder, "");
  output_projection_.forward_and_scatter(builder, attended_,
                                         {"reduce-scatter attention", "all-reduce attention"},
                                         partial_output_, reduced_output_);
  dropout_.forward(builder, {ports_.input, reduced_output_}, ports_.output);
}

void AttentionHalf::backward(ProgramBuilder& builder) const {
  dropout_.backward(builder);
  output_gradient_.prepare(builder, "all-gather gradient of attention");
  output_projection_.data_gradient(builder, output_gradient_, attention_output_gradient_);
  output_projection_.weight_gradient(builder, output_gradient_, attended_);
  if (recomputes_core_) {
    builder.set_pass(Pass::kRecompute);
    sim::forward(attention_, builder);
    builder.set_pass(Pass::kBackward);
  }
  sim::backward(attention_, builder, attention_output_gradient_);
  position_heads_backward(builder);
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
