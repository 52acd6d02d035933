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

std::int64_t qkv_heads(const FullAttention& attention) {
  return attention.query_heads + 2 * attention.kv_heads;
}

}  // namespace

AttentionHalf::AttentionHalf(ProgramBuilder& builder, const LoweringContext& context,
                             const FullAttention& attention, const Weights& weights,
                             const Ports& ports)
    : weights_(weights),
      qk_norm_(attention.qk_norm),
      views_(!attention.rotary && context.layout.cp() == 1),
      gathers_heads_(attention.kv_heads < context.layout.tp),
      recomputes_core_(context.layout.recompute == Recompute::kSelective),
      rows_(context.dimensions.rows),
      hidden_(context.dimensions.hidden.value),
      qkv_width_(qkv_heads(attention) * attention.head_dim / context.layout.tp),
      query_width_(attention.query_heads * attention.head_dim / context.layout.tp),
      heads_(local_heads(context, attention)),
      ports_(ports),
      norm_(builder, context, "attention norm output", ports.input),
      dropout_(builder, context, kDropoutNames, ports.output_gradient),
      whole_norm_(whole_of(builder, context, "gathered attention norm output", norm_.output())),
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
      partial_output_(builder.bfloat16("attention projection", context.dimensions.full())),
      reduced_output_(shard_of(builder, context, "attention projection, reduced", partial_output_)),
      whole_output_gradient_(
          whole_of(builder, context, "gathered gradient, attention half", dropout_.gradient())),
      attention_output_gradient_(builder.bfloat16("d(attention output)", heads_.output())),
      normed_gradient_{builder.bfloat16("dq before RoPE", heads_.query()),
                       builder.bfloat16("dk before RoPE", heads_.key()), projected_},
      projected_gradient_(builder.bfloat16("d(QKV)", builder.program().tensor(projected_).shape)),
      whole_projected_gradient_(
          gathers_heads_ ? builder.bfloat16("d(QKV of all TP ranks)",
                                            builder.program().tensor(whole_projected_).shape)
                         : projected_gradient_),
      whole_norm_gradient_(
          builder.bfloat16("d(attention norm output), partial", context.dimensions.full())),
      norm_gradient_(shard_of(builder, context, "d(attention norm output)", whole_norm_gradient_)) {
}

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
  gather_tokens(builder, "all-gather for QKV", norm_.output(), whole_norm_);
  builder.gemm("QKV projection", {rows_, qkv_width_, hidden_}, {whole_norm_, weights_.parameters()},
               {projected_});
  if (gathers_heads_) {
    builder.communicate(
        "all-gather QKV heads",
        {Collective::kAllGather, Axis::kTensor, builder.program().tensor(whole_projected_).bytes},
        {projected_}, {whole_projected_});
  }
  position_heads(builder);
  sim::forward(attention_, builder);
  builder.gemm("output projection", {rows_, hidden_, query_width_},
               {output_of(attention_), weights_.parameters()}, {partial_output_});
  scatter_tokens(builder, {"reduce-scatter attention", "all-reduce attention"}, partial_output_,
                 reduced_output_);
  dropout_.forward(builder, {ports_.input, reduced_output_}, ports_.output);
}

void AttentionHalf::backward(ProgramBuilder& builder) const {
  dropout_.backward(builder);
  gather_tokens(builder, "all-gather gradient of attention", dropout_.gradient(),
                whole_output_gradient_);
  builder.gemm("output projection, data gradient", {rows_, query_width_, hidden_},
               {whole_output_gradient_, weights_.parameters()}, {attention_output_gradient_});
  builder.weight_gradient("output projection, weight gradient", {hidden_, query_width_, rows_},
                          {whole_output_gradient_, output_of(attention_)}, {weights_.gradients()});
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
  gather_tokens(builder, "all-gather for QKV weight gradient", norm_.output(), whole_norm_);
  builder.gemm("QKV projection, data gradient", {rows_, hidden_, qkv_width_},
               {projected_gradient_, weights_.parameters()}, {whole_norm_gradient_});
  scatter_tokens(builder, {"reduce-scatter gradient of QKV", "all-reduce gradient of QKV"},
                 whole_norm_gradient_, norm_gradient_);
  builder.weight_gradient("QKV projection, weight gradient", {qkv_width_, hidden_, rows_},
                          {projected_gradient_, whole_norm_}, {weights_.gradients()});
  norm_.backward(builder, norm_gradient_, ports_.output_gradient, ports_.input_gradient);
}

}  // namespace seqspan::sim
