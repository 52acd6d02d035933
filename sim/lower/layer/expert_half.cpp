#include "sim/lower/layer/expert_half.hpp"

#include <cmath>

namespace seqspan::sim {
namespace {

// Rows that the busiest rank's experts work on, before expert tensor parallelism gathers them.
std::int64_t received_rows(const LoweringContext& context, const MixtureOfExperts& experts) {
  const std::int64_t sent = context.dimensions.shard_rows * experts.experts_per_token;
  if (context.layout.ep == 1) return sent;
  return static_cast<std::int64_t>(
      std::ceil(static_cast<double>(sent) * context.job.training.expert_imbalance));
}

Shape rows_of(const char* symbol, std::int64_t rows, Extent width) {
  return {Extent{symbol, rows}, width};
}

// The larger side of the exchange: what is received where the router is out of balance.
AllToAll make_exchange(ProgramBuilder& builder, const LoweringContext& context,
                       const MixtureOfExperts& experts) {
  const std::int64_t sent = context.dimensions.shard_rows * experts.experts_per_token;
  const std::int64_t received = received_rows(context, experts);
  const Extent hidden = context.dimensions.hidden;
  return {builder, Axis::kExpert, context.layout,
          received >= sent ? rows_of("rows received", received, hidden)
                           : rows_of("b s/(c t) k", sent, hidden)};
}

constexpr GatedNames kSharedNames{
    .input = {.whole = "gathered norm output for shared experts",
              .cast = "norm output for shared experts in FP8",
              .whole_cast = "gathered norm output for shared experts in FP8",
              .transposed = "norm output for shared experts in FP8, transposed",
              .exchange = "exchange pieces for shared experts"},
    .gate_up = {.output = "shared experts' gate, up",
                .output_symbol = "2 f_s/t",
                .products = {.product = "shared experts' gate, up projection",
                             .data_gradient = "shared experts' gate, up projection, data gradient",
                             .weight_gradient =
                                 "shared experts' gate, up projection, weight gradient"},
                .kept = "shared experts' gate",
                .kept_symbol = "f_s/t",
                .kept_product = "shared experts' gate projection",
                .again = "shared experts' up",
                .again_symbol = "f_s/t",
                .again_product = "shared experts' up projection",
                .sum_of_gradients = "shared experts' sum of gradients from gate, up"},
    .silu = "shared experts' silu(gate)",
    .activated = "shared experts' SwiGLU output",
    .activated_operand = {.cast = "shared experts' SwiGLU output in FP8",
                          .transposed = "shared experts' SwiGLU output in FP8, transposed"},
    .activated_symbol = "f_s/t",
    .partial_output = "shared experts' output",
    .reduced_output = "shared experts' output, reduced",
    .output_gradient = {.whole = "gathered gradient, shared experts",
                        .cast = "gradient in FP8, shared experts",
                        .whole_cast = "gathered gradient in FP8, shared experts",
                        .transposed = "gradient in FP8, transposed, shared experts",
                        .exchange = "exchange pieces of gradient of shared experts"},
    .activated_gradient = "d(shared experts' SwiGLU output)",
    .gate_up_gradient = "d(shared experts' gate, up)",
    .gate_up_gradient_operand = {.cast = "d(shared experts' gate, up) in FP8",
                                 .transposed = "d(shared experts' gate, up) in FP8, transposed"},
    .partial_input_gradient = "d(norm output) from shared experts, partial",
    .input_gradient = "d(norm output) from shared experts",
    .gather_input = "all-gather for shared experts",
    .swiglu = "shared experts' SwiGLU",
    .scatter_output = {"reduce-scatter shared experts", "all-reduce shared experts"},
    .gather_output_gradient = "all-gather gradient of shared experts",
    .swiglu_backward = "shared experts' SwiGLU backward",
    .gather_for_weight_gradient = "all-gather for shared experts' weight gradient",
    .scatter_input_gradient = {"reduce-scatter gradient of shared experts",
                               "all-reduce gradient of shared experts"},
    .down_projection = {.product = "shared experts' down projection",
                        .data_gradient = "shared experts' down projection, data gradient",
                        .weight_gradient = "shared experts' down projection, weight gradient"},
};

std::optional<GatedFeedForward> make_shared(ProgramBuilder& builder, const LoweringContext& context,
                                            const MixtureOfExperts& experts, const Weights& weights,
                                            TensorId input, TensorId output_gradient) {
  if (experts.shared_intermediate == 0) return std::nullopt;
  return GatedFeedForward(builder, context, kSharedNames,
                          experts.shared_intermediate / context.layout.tp, weights, input,
                          output_gradient);
}

}  // namespace

ExpertHalf::ExpertHalf(ProgramBuilder& builder, const LoweringContext& context,
                       const MixtureOfExperts& experts, const Weights& router_weights,
                       const Weights& expert_weights, const Ports& ports)
    : router_weights_(router_weights),
      hidden_(context.dimensions.hidden.value),
      router_rows_(context.dimensions.shard_rows),
      experts_(experts.experts),
      holds_tokens_(context.traits.holds_dispatched_tokens),
      ports_(ports),
      norm_(builder, context, "feed-forward norm output", ports.input),
      shared_(make_shared(builder, context, experts, router_weights, norm_.output(),
                          ports.output_gradient)),
      dispatch_(make_exchange(builder, context, experts)),
      combine_(make_exchange(builder, context, experts)),
      combine_backward_(make_exchange(builder, context, experts)),
      dispatch_backward_(make_exchange(builder, context, experts)) {
  const Layout& layout = context.layout;
  const Dimensions& dimensions = context.dimensions;
  const Extent hidden = dimensions.hidden;
  const std::int64_t sent = router_rows_ * experts.experts_per_token;
  const std::int64_t received = received_rows(context, experts);
  const std::int64_t worked = received * layout.etp;

  const Shape routing{dimensions.batch, dimensions.shard_tokens, Extent{"E", experts.experts}};
  const Shape sent_shape = rows_of("b s/(c t) k", sent, hidden);
  const Shape received_shape = rows_of("rows received", received, hidden);
  const Shape worked_shape = rows_of("rows of experts", worked, hidden);
  // Over a group of one rank nothing is sent, and the tensor before is the tensor after.
  const bool exchanges = layout.ep > 1;
  const bool gathers = layout.etp > 1;

  logits_ = builder.float32("router logits", routing);
  probabilities_ = builder.float32("router probabilities", routing);
  routing_map_ = builder.activation("routing map", DataType::kBool, routing);
  permuted_ = builder.bfloat16("permuted tokens", sent_shape);
  dispatched_ = exchanges ? builder.bfloat16("dispatched tokens", received_shape) : permuted_;
  gathered_ = gathers ? builder.bfloat16("tokens gathered over etp", worked_shape) : dispatched_;
  expert_input_ = builder.bfloat16("expert input", worked_shape);
  expert_output_gradient_ = builder.bfloat16("d(expert output)", worked_shape);
  probabilities_gradient_ = builder.float32("d(router probabilities)", routing);
  grouped_.emplace(builder, context,
                   GroupedShape{.rows = worked,
                                .experts = experts.experts / layout.ep,
                                .width = experts.expert_intermediate / layout.etp,
                                .probabilities = probabilities_,
                                .probabilities_gradient = probabilities_gradient_},
                   expert_weights, expert_input_, expert_output_gradient_);
  unsorted_ = builder.bfloat16("expert output, unsorted", worked_shape);
  scattered_ =
      gathers ? builder.bfloat16("expert output reduced over etp", received_shape) : unsorted_;
  combined_ = exchanges ? builder.bfloat16("combined tokens", sent_shape) : scattered_;

  combined_gradient_ = builder.bfloat16("d(combined tokens)", sent_shape);
  dispatched_gradient_ = exchanges ? builder.bfloat16("d(expert output), received", received_shape)
                                   : combined_gradient_;
  gathered_gradient_ = gathers
                           ? builder.bfloat16("d(expert output), gathered over etp", worked_shape)
                           : dispatched_gradient_;
  unsorted_gradient_ = builder.bfloat16("d(expert input), unsorted", worked_shape);
  scattered_gradient_ =
      gathers ? builder.bfloat16("d(dispatched tokens)", received_shape) : unsorted_gradient_;
  permuted_gradient_ =
      exchanges ? builder.bfloat16("d(permuted tokens)", sent_shape) : scattered_gradient_;
  norm_gradient_ = builder.bfloat16("d(feed-forward norm output)", dimensions.shard());
  routed_gradient_ =
      shared_ ? builder.bfloat16("d(norm output) from router, routed experts", dimensions.shard())
              : norm_gradient_;
}

void ExpertHalf::exchange(ProgramBuilder& builder, const AllToAll& all_to_all, const char* name,
                          TensorId from, TensorId to) {
  if (from != to) all_to_all.run(builder, name, from, to);
}

void ExpertHalf::gather_rows(ProgramBuilder& builder, const char* name, TensorId from,
                             TensorId to) const {
  if (from == to) return;
  builder.communicate(
      name, {Collective::kAllGather, Axis::kExpertTensor, builder.program().tensor(to).bytes},
      {from}, {to});
}

void ExpertHalf::scatter_rows(ProgramBuilder& builder, const char* name, TensorId from,
                              TensorId to) const {
  if (from == to) return;
  builder.communicate(
      name, {Collective::kReduceScatter, Axis::kExpertTensor, builder.program().tensor(from).bytes},
      {from}, {to});
}

void ExpertHalf::forward(ProgramBuilder& builder) const {
  norm_.forward(builder);
  if (shared_) shared_->forward(builder);
  builder.gemm("router", {router_rows_, experts_, hidden_},
               {norm_.output(), router_weights_.parameters()}, {logits_});
  builder.memory_pass("top-k routing", {logits_}, {probabilities_, routing_map_});
  builder.memory_pass("permute tokens", {norm_.output(), routing_map_}, {permuted_});
  exchange(builder, dispatch_, "dispatch all-to-all", permuted_, dispatched_);
  gather_rows(builder, "all-gather tokens over etp", dispatched_, gathered_);
  builder.memory_pass("sort by expert", {gathered_}, {expert_input_});
  grouped_->forward(builder);
  builder.memory_pass("unsort", {grouped_->output()}, {unsorted_});
  scatter_rows(builder, "reduce-scatter tokens over etp", unsorted_, scattered_);
  exchange(builder, combine_, "combine all-to-all", scattered_, combined_);
  sum_tokens(builder);
}

void ExpertHalf::sum_tokens(ProgramBuilder& builder) const {
  Operands summed{combined_, routing_map_, ports_.input};
  if (shared_) summed.push_back(shared_->output());
  Bytes bytes = builder.program().tensor(ports_.output).bytes;
  for (const TensorId id : summed) bytes += builder.program().tensor(id).bytes;
  if (holds_tokens_) {
    // Not read, but alive until here.
    for (const TensorId id : {permuted_, dispatched_, scattered_}) summed.push_back(id);
  }
  builder.memory_pass("unpermute tokens, residual", bytes, summed, {ports_.output});
}

void ExpertHalf::backward(ProgramBuilder& builder) const {
  builder.memory_pass("unpermute backward", {ports_.output_gradient, routing_map_},
                      {combined_gradient_});
  exchange(builder, combine_backward_, "combine all-to-all, backward", combined_gradient_,
           dispatched_gradient_);
  gather_rows(builder, "all-gather gradients over etp", dispatched_gradient_, gathered_gradient_);
  builder.memory_pass("unsort backward", {gathered_gradient_}, {expert_output_gradient_});
  grouped_->backward(builder);
  builder.memory_pass("sort backward", {grouped_->input_gradient()}, {unsorted_gradient_});
  scatter_rows(builder, "reduce-scatter gradients over etp", unsorted_gradient_,
               scattered_gradient_);
  exchange(builder, dispatch_backward_, "dispatch all-to-all, backward", scattered_gradient_,
           permuted_gradient_);
  builder.memory_pass("permute backward, router backward",
                      {permuted_gradient_, routing_map_, probabilities_, probabilities_gradient_},
                      {routed_gradient_});
  builder.weight_gradient("router, weight gradient", {experts_, hidden_, router_rows_},
                          {routed_gradient_, norm_.output()}, {router_weights_.gradients()});
  if (shared_) {
    shared_->backward(builder);
    builder.memory_pass("sum of gradients of norm output",
                        {routed_gradient_, shared_->input_gradient()}, {norm_gradient_});
  }
  norm_.backward(builder, norm_gradient_, ports_.output_gradient, ports_.input_gradient);
}

}  // namespace seqspan::sim
