#include "sim/lower/layer/latent_half.hpp"

#include "sim/lower/attention/local_heads.hpp"
#include "sim/lower/tensor_parallel.hpp"

namespace seqspan::sim {
namespace {

constexpr UpProjectionNames kQueryUp{
    .normed = "normed query latent",
    .input = {.whole = "gathered query latent",
              .cast = "normed query latent in FP8",
              .whole_cast = "gathered query latent in FP8",
              .transposed = "query latent in FP8, transposed"},
    .output_gradient = {.cast = "d(q) in FP8", .transposed = "d(q) in FP8, transposed"},
    .partial_gradient = "d(normed query latent), partial",
    .reduced_gradient = "d(normed query latent)",
    .input_gradient = "d(query latent)",
    .gather = "all-gather query latent",
    .gather_again = "all-gather query latent for weight gradient",
    .scatter = {"reduce-scatter gradient of query latent", "all-reduce gradient of query latent"},
    .products = {.product = "query up projection",
                 .data_gradient = "query up projection, data gradient",
                 .weight_gradient = "query up projection, weight gradient"},
};

// Without a query latent.
constexpr UpProjectionNames kQueryInOneStep{
    .normed = nullptr,
    .input = {.whole = "gathered attention norm output",
              .cast = "attention norm output in FP8",
              .whole_cast = "gathered attention norm output in FP8",
              .transposed = "attention norm output in FP8, transposed"},
    .output_gradient = {.cast = "d(q) in FP8", .transposed = "d(q) in FP8, transposed"},
    .partial_gradient = "d(attention norm output) from q, partial",
    .reduced_gradient = "d(attention norm output) from q",
    .input_gradient = "",
    .gather = "all-gather for queries",
    .gather_again = "all-gather for query weight gradient",
    .scatter = {"reduce-scatter gradient of queries", "all-reduce gradient of queries"},
    .products = {.product = "query projection",
                 .data_gradient = "query projection, data gradient",
                 .weight_gradient = "query projection, weight gradient"},
};

constexpr UpProjectionNames kKvUp{
    .normed = "normed KV latent",
    .input = {.whole = "gathered KV latent",
              .cast = "normed KV latent in FP8",
              .whole_cast = "gathered KV latent in FP8",
              .transposed = "KV latent in FP8, transposed"},
    .output_gradient = {.cast = "d(k without RoPE, v) in FP8",
                        .transposed = "d(k without RoPE, v) in FP8, transposed"},
    .partial_gradient = "d(normed KV latent), partial",
    .reduced_gradient = "d(normed KV latent)",
    .input_gradient = "d(KV latent)",
    .gather = "all-gather KV latent",
    .gather_again = "all-gather KV latent for weight gradient",
    .scatter = {"reduce-scatter gradient of KV latent", "all-reduce gradient of KV latent"},
    .products = {.product = "KV up projection",
                 .data_gradient = "KV up projection, data gradient",
                 .weight_gradient = "KV up projection, weight gradient"},
};

constexpr DownProjectionNames kQueryDown{
    .input = {.cast = "attention norm output in FP8, for the query latent",
              .transposed = "attention norm output in FP8, transposed, for the query latent"},
    .output_gradient = {.cast = "d(query latent) in FP8",
                        .transposed = "d(query latent) in FP8, transposed"},
    .products = {.product = "query down projection",
                 .data_gradient = "query down projection, data gradient",
                 .weight_gradient = "query down projection, weight gradient"},
};

constexpr DownProjectionNames kKvDown{
    .input = {.cast = "attention norm output in FP8, for the KV latent",
              .transposed = "attention norm output in FP8, transposed, for the KV latent"},
    .output_gradient = {.cast = "d(KV latent, k with RoPE) in FP8",
                        .transposed = "d(KV latent, k with RoPE) in FP8, transposed"},
    .products = {.product = "KV down projection",
                 .data_gradient = "KV down projection, data gradient",
                 .weight_gradient = "KV down projection, weight gradient"},
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
    : recomputes_core_(context.layout.recompute == Recompute::kSelective),
      has_query_latent_(attention.query_rank > 0),
      rotated_(2 * context.dimensions.rows * attention.heads / context.layout.tp *
               attention.rotary_dim * bytes_per_element(DataType::kBFloat16)),
      heads_(local_heads(context, attention)),
      ports_(ports),
      norm_(builder, context, "attention norm output", ports.input),
      query_latent_(
          has_query_latent_
              ? builder.bfloat16("query latent", shard(context, "r_q", attention.query_rank))
              : norm_.output()),
      kv_down_(
          builder.bfloat16("KV latent, k with RoPE",
                           shard(context, "r_kv + d_r", attention.kv_rank + attention.rotary_dim))),
      kv_latent_(builder.bfloat16("KV latent", shard(context, "r_kv", attention.kv_rank))),
      key_rotary_(builder.bfloat16("k with RoPE", shard(context, "d_r", attention.rotary_dim))),
      whole_key_rotary_(context.layout.tp > 1
                            ? builder.bfloat16("gathered k with RoPE", rotary(context, attention))
                            : key_rotary_),
      kv_up_output_(builder.bfloat16(
          "k without RoPE, v", {heads_.batch, heads_.tokens, heads_.kv_heads,
                                Extent{"d_n + d_v", attention.plain_dim + attention.value_dim}})),
      positioned_{builder.bfloat16("q", heads_.query()), builder.bfloat16("k", heads_.key()),
                  builder.bfloat16("v", heads_.value())},
      attention_(make_attention(
          builder, heads_, positioned_,
          {context.layout, context.traits, context.job.training, context.ring_rank})),
      output_projection_(builder, context,
                         {attention.heads * attention.value_dim / context.layout.tp}, weights,
                         output_of(attention_), ports.output_gradient),
      kv_gradient_(
          builder.bfloat16("d(k without RoPE, v)", builder.program().tensor(kv_up_output_).shape)),
      query_up_(builder, context, has_query_latent_ ? kQueryUp : kQueryInOneStep, weights,
                query_latent_, positioned_.query, gradients_of(attention_).query),
      kv_up_(builder, context, kKvUp, weights, kv_latent_, kv_up_output_, kv_gradient_),
      whole_key_rotary_gradient_(
          builder.bfloat16("d(k with RoPE), summed over heads", rotary(context, attention))),
      key_rotary_gradient_(
          context.layout.tp > 1
              ? builder.bfloat16("d(k with RoPE)", shard(context, "d_r", attention.rotary_dim))
              : whole_key_rotary_gradient_),
      kv_down_gradient_(
          builder.bfloat16("d(KV latent, k with RoPE)", builder.program().tensor(kv_down_).shape)),
      norm_gradient_from_kv_(
          builder.bfloat16("d(attention norm output) from KV", context.dimensions.shard())),
      norm_gradient_from_query_(
          has_query_latent_
              ? builder.bfloat16("d(attention norm output) from q", context.dimensions.shard())
              : query_up_.input_gradient()),
      norm_gradient_(builder.bfloat16("d(attention norm output)", context.dimensions.shard())),
      kv_down_projection_(builder, context, kKvDown, weights, norm_.output(), kv_down_,
                          kv_down_gradient_, norm_gradient_from_kv_) {
  if (has_query_latent_) {
    query_down_projection_.emplace(builder, context, kQueryDown, weights, norm_.output(),
                                   query_latent_, query_up_.input_gradient(),
                                   norm_gradient_from_query_);
  }
}

void LatentHalf::project_down(ProgramBuilder& builder) const {
  norm_.forward(builder);
  if (query_down_projection_) query_down_projection_->forward(builder);
  kv_down_projection_.forward(builder);
  builder.memory_pass("split KV latent", {kv_down_}, {kv_latent_, key_rotary_});
  gather_tokens(builder, "all-gather k with RoPE", key_rotary_, whole_key_rotary_);
}

void LatentHalf::position(ProgramBuilder& builder) const {
  builder.memory_pass("RoPE of q, in place", rotated_, {positioned_.query}, {positioned_.query});
  builder.memory_pass("RoPE of k, k and v apart", {kv_up_output_, whole_key_rotary_},
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
  kv_down_projection_.backward(builder);
  if (query_down_projection_) query_down_projection_->backward(builder);
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
  output_projection_.forward(builder);
  builder.memory_pass("residual after attention", {ports_.input, output_projection_.output()},
                      {ports_.output});
}

void LatentHalf::backward(ProgramBuilder& builder) const {
  output_projection_.backward(builder);
  if (recomputes_core_) {
    builder.set_pass(Pass::kRecompute);
    sim::forward(attention_, builder);
    builder.set_pass(Pass::kBackward);
  }
  sim::backward(attention_, builder, output_projection_.attended_gradient());
  position_backward(builder);
  kv_up_.backward(builder);
  query_up_.backward(builder);
  project_down_backward(builder);
}

}  // namespace seqspan::sim
