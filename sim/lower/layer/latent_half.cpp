#include "sim/lower/layer/latent_half.hpp"

#include "sim/lower/attention/local_heads.hpp"
#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

constexpr UpProjectionNames kQueryUp{
    .normed = "normed query latent",
    .whole_input = "gathered query latent",
    .output = "q",
    .partial_gradient = "d(normed query latent), partial",
    .reduced_gradient = "d(normed query latent)",
    .input_gradient = "d(query latent)",
    .gather = "all-gather query latent",
    .projection = "query up projection",
    .gather_again = "all-gather query latent for weight gradient",
    .data_gradient = "query up projection, data gradient",
    .scatter = {"reduce-scatter gradient of query latent", "all-reduce gradient of query latent"},
    .weight_gradient = "query up projection, weight gradient",
};

// Without a query latent.
constexpr UpProjectionNames kQueryInOneStep{
    .normed = nullptr,
    .whole_input = "gathered attention norm output",
    .output = "q",
    .partial_gradient = "d(attention norm output) from q, partial",
    .reduced_gradient = "d(attention norm output) from q",
    .input_gradient = "",
    .gather = "all-gather for queries",
    .projection = "query projection",
    .gather_again = "all-gather for query weight gradient",
    .data_gradient = "query projection, data gradient",
    .scatter = {"reduce-scatter gradient of queries", "all-reduce gradient of queries"},
    .weight_gradient = "query projection, weight gradient",
};

constexpr UpProjectionNames kKvUp{
    .normed = "normed KV latent",
    .whole_input = "gathered KV latent",
    .output = "k without RoPE, v",
    .partial_gradient = "d(normed KV latent), partial",
    .reduced_gradient = "d(normed KV latent)",
    .input_gradient = "d(KV latent)",
    .gather = "all-gather KV latent",
    .projection = "KV up projection",
    .gather_again = "all-gather KV latent for weight gradient",
    .data_gradient = "KV up projection, data gradient",
    .scatter = {"reduce-scatter gradient of KV latent", "all-reduce gradient of KV latent"},
    .weight_gradient = "KV up projection, weight gradient",
};

Shape shard(const LoweringContext& context, const char* symbol, std::int64_t width) {
  return {context.dimensions.batch, context.dimensions.shard_tokens, Extent{symbol, width}};
}

Shape rotary(const LoweringContext& context, const LatentAttention& attention) {
  return {context.dimensions.batch, context.dimensions.tokens, Extent{"d_r", attention.rotary_dim}};
}

}  // namespace

LatentHalf::LatentHalf(ProgramBuilder& builder, const LoweringContext& context,
                       const LatentAttention& attention, const Weights& weights, const Ports& ports)
    : weights_(weights),
      recomputes_core_(context.layout.recompute == Recompute::kSelective),
      rows_(context.dimensions.rows),
      shard_rows_(context.dimensions.shard_rows),
      hidden_(context.dimensions.hidden.value),
      query_rank_(attention.query_rank),
      kv_down_width_(attention.kv_rank + attention.rotary_dim),
      output_width_(attention.heads * attention.value_dim / context.layout.tp),
      rotated_(2 * rows_ * attention.heads / context.layout.tp * attention.rotary_dim *
               bytes_per_element(DataType::kBFloat16)),
      heads_(local_heads(context, attention)),
      ports_(ports),
      norm_(builder, context, "attention norm output", ports.input),
      query_latent_(has_query_latent()
                        ? builder.bfloat16("query latent", shard(context, "r_q", query_rank_))
                        : norm_.output()),
      kv_down_(
          builder.bfloat16("KV latent, k with RoPE", shard(context, "r_kv + d_r", kv_down_width_))),
      kv_latent_(builder.bfloat16("KV latent", shard(context, "r_kv", attention.kv_rank))),
      key_rotary_(builder.bfloat16("k with RoPE", shard(context, "d_r", attention.rotary_dim))),
      whole_key_rotary_(context.layout.tp > 1
                            ? builder.bfloat16("gathered k with RoPE", rotary(context, attention))
                            : key_rotary_),
      query_up_(builder, context, has_query_latent() ? kQueryUp : kQueryInOneStep, weights,
                query_latent_, heads_.query()),
      kv_up_(builder, context, kKvUp, weights, kv_latent_,
             {heads_.batch, heads_.tokens, heads_.kv_heads,
              Extent{"d_n + d_v", attention.plain_dim + attention.value_dim}}),
      positioned_{query_up_.output(), builder.bfloat16("k", heads_.key()),
                  builder.bfloat16("v", heads_.value())},
      attention_(make_attention(
          builder, heads_, positioned_,
          {context.layout, context.traits, context.job.training, context.ring_rank})),
      partial_output_(builder.bfloat16("attention projection", context.dimensions.full())),
      reduced_output_(shard_of(builder, context, "attention projection, reduced", partial_output_)),
      whole_output_gradient_(
          whole_of(builder, context, "gathered gradient, attention half", ports.output_gradient)),
      attention_output_gradient_(builder.bfloat16("d(attention output)", heads_.output())),
      kv_gradient_(builder.bfloat16("d(k without RoPE, v)",
                                    builder.program().tensor(kv_up_.output()).shape)),
      whole_key_rotary_gradient_(
          builder.bfloat16("d(k with RoPE), summed over heads", rotary(context, attention))),
      key_rotary_gradient_(
          context.layout.tp > 1
              ? builder.bfloat16("d(k with RoPE)", shard(context, "d_r", attention.rotary_dim))
              : whole_key_rotary_gradient_),
      kv_down_gradient_(builder.bfloat16("d(KV latent, k with RoPE)",
                                         shard(context, "r_kv + d_r", kv_down_width_))),
      norm_gradient_from_kv_(
          builder.bfloat16("d(attention norm output) from KV", context.dimensions.shard())),
      norm_gradient_from_query_(
          has_query_latent()
              ? builder.bfloat16("d(attention norm output) from q", context.dimensions.shard())
              : query_up_.input_gradient()),
      norm_gradient_(builder.bfloat16("d(attention norm output)", context.dimensions.shard())) {}

void LatentHalf::project_down(ProgramBuilder& builder) const {
  norm_.forward(builder);
  if (has_query_latent()) {
    builder.gemm("query down projection", {shard_rows_, query_rank_, hidden_},
                 {norm_.output(), weights_.parameters()}, {query_latent_});
  }
  builder.gemm("KV down projection", {shard_rows_, kv_down_width_, hidden_},
               {norm_.output(), weights_.parameters()}, {kv_down_});
  builder.memory_pass("split KV latent", {kv_down_}, {kv_latent_, key_rotary_});
  gather_tokens(builder, "all-gather k with RoPE", key_rotary_, whole_key_rotary_);
}

void LatentHalf::position(ProgramBuilder& builder) const {
  builder.memory_pass("RoPE of q, in place", rotated_, {positioned_.query}, {positioned_.query});
  builder.memory_pass("RoPE of k, k and v apart", {kv_up_.output(), whole_key_rotary_},
                      {positioned_.key, positioned_.value});
}

void LatentHalf::position_backward(ProgramBuilder& builder) const {
  const QueryKeyValue gradients = gradients_of(attention_);
  builder.memory_pass("RoPE of k, backward", {gradients.key, gradients.value},
                      {kv_gradient_, whole_key_rotary_gradient_});
  builder.memory_pass("RoPE of q, backward in place", rotated_, {gradients.query},
                      {gradients.query});
}

void LatentHalf::project_down_backward(ProgramBuilder& builder) const {
  scatter_tokens(builder,
                 {"reduce-scatter gradient of k with RoPE", "all-reduce gradient of k with RoPE"},
                 whole_key_rotary_gradient_, key_rotary_gradient_);
  builder.memory_pass("join gradients of KV latent",
                      {kv_up_.input_gradient(), key_rotary_gradient_}, {kv_down_gradient_});
  builder.gemm("KV down projection, data gradient", {shard_rows_, hidden_, kv_down_width_},
               {kv_down_gradient_, weights_.parameters()}, {norm_gradient_from_kv_});
  builder.weight_gradient("KV down projection, weight gradient",
                          {kv_down_width_, hidden_, shard_rows_},
                          {kv_down_gradient_, norm_.output()}, {weights_.gradients()});
  if (has_query_latent()) {
    builder.gemm("query down projection, data gradient", {shard_rows_, hidden_, query_rank_},
                 {query_up_.input_gradient(), weights_.parameters()}, {norm_gradient_from_query_});
    builder.weight_gradient("query down projection, weight gradient",
                            {query_rank_, hidden_, shard_rows_},
                            {query_up_.input_gradient(), norm_.output()}, {weights_.gradients()});
  }
  builder.memory_pass("sum of gradients of norm output",
                      {norm_gradient_from_kv_, norm_gradient_from_query_}, {norm_gradient_});
  norm_.backward(builder, norm_gradient_, ports_.output_gradient, ports_.input_gradient);
}

void LatentHalf::forward(ProgramBuilder& builder) const {
  project_down(builder);
  query_up_.forward(builder);
  kv_up_.forward(builder);
  position(builder);
  sim::forward(attention_, builder);
  builder.gemm("output projection", {rows_, hidden_, output_width_},
               {output_of(attention_), weights_.parameters()}, {partial_output_});
  scatter_tokens(builder, {"reduce-scatter attention", "all-reduce attention"}, partial_output_,
                 reduced_output_);
  builder.memory_pass("residual after attention", {ports_.input, reduced_output_}, {ports_.output});
}

void LatentHalf::backward(ProgramBuilder& builder) const {
  gather_tokens(builder, "all-gather gradient of attention", ports_.output_gradient,
                whole_output_gradient_);
  builder.gemm("output projection, data gradient", {rows_, output_width_, hidden_},
               {whole_output_gradient_, weights_.parameters()}, {attention_output_gradient_});
  builder.weight_gradient("output projection, weight gradient", {hidden_, output_width_, rows_},
                          {whole_output_gradient_, output_of(attention_)}, {weights_.gradients()});
  if (recomputes_core_) {
    builder.set_pass(Pass::kRecompute);
    sim::forward(attention_, builder);
    builder.set_pass(Pass::kBackward);
  }
  sim::backward(attention_, builder, attention_output_gradient_);
  position_backward(builder);
  kv_up_.backward(builder, kv_gradient_);
  query_up_.backward(builder, gradients_of(attention_).query);
  project_down_backward(builder);
}

}  // namespace seqspan::sim
