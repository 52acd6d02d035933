#include "sim/lower/layer/layer.hpp"

#include "sim/lower/gradient_type.hpp"
#include "sim/lower/layer/attention_half.hpp"
#include "sim/lower/layer/dense_half.hpp"
#include "sim/lower/layer/expert_half.hpp"
#include "sim/lower/layer/latent_half.hpp"
#include "sim/lower/layer/offloaded_input.hpp"
#include "sim/lower/layer/plain_half.hpp"
#include "sim/lower/layer/recompute_policy.hpp"
#include "sim/spec/layer_facts.hpp"

namespace seqspan::sim {
namespace {

// Parameters of this rank that are reduced over data x context parallelism: TP splits the matrices,
// norms and router are whole on every rank.
std::int64_t shared_elements(const LoweringContext& context, const LayerKind& kind) {
  const std::int64_t hidden = context.tower.hidden;
  const ParameterCounts attention = parameters_of(kind.attention, hidden);
  const ParameterCounts feed_forward = parameters_of(kind.feed_forward, hidden);
  return layer_norm_parameters(context.tower) + attention.whole() + feed_forward.whole() +
         (attention.split() + feed_forward.split()) / context.layout.tp;
}

std::int64_t expert_elements(const LoweringContext& context, const LayerKind& kind) {
  return parameters_of(kind.feed_forward, context.tower.hidden).experts /
         (context.layout.ep * context.layout.etp);
}

// Those of them whose products may be in FP8: the matrices of attention and feed-forward.
std::int64_t linear_elements(const LoweringContext& context, const LayerKind& kind) {
  const std::int64_t hidden = context.tower.hidden;
  const ParameterCounts attention = parameters_of(kind.attention, hidden);
  return attention.whole_matrices +
         (attention.split_matrices + parameters_of(kind.feed_forward, hidden).split_matrices) /
             context.layout.tp;
}

// A block's start lets what the next block needs come: its gathered parameters under full sharding,
// its input from the host. One layer is prefetched. Nothing where nothing is.
class StartSignal {
 public:
  StartSignal(ProgramBuilder& builder, const LoweringContext& context, bool copies)
      : needed_(context.layout.sharding == Sharding::kParameters || copies) {
    if (!needed_) return;
    before_ = builder.bfloat16("previous block started", {Extent{"0", 0}});
    here_ = builder.bfloat16("this block started", {Extent{"0", 0}});
  }

  void send(ProgramBuilder& builder, TensorId input) const {
    if (needed_) builder.memory_pass("start", Bytes(0), {input}, {here_});
  }
  // What a gather or a copy waits for.
  [[nodiscard]] Operands before() const { return needed_ ? Operands{before_} : Operands{}; }
  // A block's inputs and outputs with the signal beside its hidden states.
  [[nodiscard]] Operands inputs(TensorId hidden_states) const {
    return needed_ ? Operands{hidden_states, before_} : Operands{hidden_states};
  }
  [[nodiscard]] Operands outputs(TensorId hidden_states) const {
    return needed_ ? Operands{hidden_states, here_} : Operands{hidden_states};
  }

 private:
  bool needed_;
  TensorId before_{};
  TensorId here_{};
};

// The halves of a layer by their kind: a new kind is a new class and a line here.
AttentionHalf make_half(ProgramBuilder& builder, const LoweringContext& context,
                        const FullAttention& attention, const Weights& shared, const Ports& ports) {
  return {builder, context, attention, shared, ports};
}

LatentHalf make_half(ProgramBuilder& builder, const LoweringContext& context,
                     const LatentAttention& attention, const Weights& shared, const Ports& ports) {
  return {builder, context, attention, shared, ports};
}

DenseHalf make_half(ProgramBuilder& builder, const LoweringContext& context,
                    const DenseFeedForward& feed_forward, const Weights& shared, const Weights&,
                    const Ports& ports) {
  return {builder, context, feed_forward, shared, ports};
}

PlainHalf make_half(ProgramBuilder& builder, const LoweringContext& context,
                    const PlainFeedForward& feed_forward, const Weights& shared, const Weights&,
                    const Ports& ports) {
  return {builder, context, feed_forward, shared, ports};
}

ExpertHalf make_half(ProgramBuilder& builder, const LoweringContext& context,
                     const MixtureOfExperts& feed_forward, const Weights& shared,
                     const Weights& experts, const Ports& ports) {
  return {builder, context, feed_forward, shared, experts, ports};
}

template <class AttentionKind, class FeedForwardKind>
void lower_halves(ProgramBuilder& builder, const LoweringContext& context,
                  const AttentionKind& attention, const FeedForwardKind& feed_forward,
                  const Weights& shared, const Weights& experts) {
  const Shape hidden_states = context.dimensions.shard();
  const TensorId input = builder.bfloat16("layer input", hidden_states);
  const TensorId middle = builder.bfloat16("residual after attention", hidden_states);
  const TensorId output = builder.bfloat16("layer output", hidden_states);
  const TensorId output_gradient = builder.bfloat16("d(layer output)", hidden_states);
  const TensorId middle_gradient = builder.bfloat16("d(residual after attention)", hidden_states);
  const TensorId input_gradient = builder.bfloat16("d(layer input)", hidden_states);
  const OffloadedInput offloaded(builder, context, input);
  const StartSignal forward_start(builder, context, false);
  const StartSignal backward_start(builder, context, offloaded.prefetches());

  const auto first = make_half(builder, context, attention, shared,
                               {input, middle, middle_gradient, input_gradient});
  const auto second = make_half(builder, context, feed_forward, shared, experts,
                                {middle, output, output_gradient, middle_gradient});

  builder.begin_forward("layer forward", forward_start.inputs(input),
                        forward_start.outputs(output));
  forward_start.send(builder, input);
  shared.before_forward(builder, forward_start.before());
  experts.before_forward(builder, forward_start.before());
  offloaded.before_forward(builder);
  first.forward(builder);
  second.forward(builder);
  offloaded.after_forward(builder);
  builder.end_block();

  builder.begin_backward("layer backward", backward_start.inputs(output_gradient),
                         backward_start.outputs(input_gradient));
  backward_start.send(builder, output_gradient);
  shared.before_backward(builder, backward_start.before());
  experts.before_backward(builder, backward_start.before());
  offloaded.before_backward(builder, offloaded.prefetches() ? backward_start.before() : Operands{});
  if (context.layout.recompute == Recompute::kFull || keeps_every_second_product(context)) {
    builder.set_pass(Pass::kRecompute);
    first.recompute(builder);
    second.recompute(builder);
    builder.set_pass(Pass::kBackward);
  }
  second.backward(builder);
  first.backward(builder);
  shared.after_backward(builder);
  experts.after_backward(builder);
  builder.end_block();
}

// What autograd is given in place of weight gradients (FrameworkTraits): one of each shape.
class Placeholders {
 public:
  Placeholders(ProgramBuilder& builder, const LoweringContext& context)
      : builder_(builder),
        context_(context),
        needed_(context.traits.weight_gradient_placeholders &&
                context.layout.sharding != Sharding::kParameters) {}

  void add(const FullAttention& attention) {
    const std::int64_t d = attention.head_dim;
    const std::int64_t tp = context_.layout.tp;
    one("(a + 2 g) d/t", (attention.query_heads + 2 * attention.kv_heads) * d / tp, "h", hidden());
    one("h", hidden(), "a d/t", attention.query_heads * d / tp);
  }
  void add(const LatentAttention& latent) {
    const std::int64_t heads = latent.heads / context_.layout.tp;
    const bool has_query_latent = latent.query_rank > 0;
    if (has_query_latent) one("r_q", latent.query_rank, "h", hidden());
    one("a d_k/t", heads * latent.key_dim(), has_query_latent ? "r_q" : "h",
        has_query_latent ? latent.query_rank : hidden());
    one("r_kv + d_r", latent.kv_rank + latent.rotary_dim, "h", hidden());
    one("a (d_n + d_v)/t", heads * (latent.plain_dim + latent.value_dim), "r_kv", latent.kv_rank);
    one("h", hidden(), "a d_v/t", heads * latent.value_dim);
  }
  void add(const DenseFeedForward& dense) {
    const std::int64_t width = dense.intermediate / context_.layout.tp;
    one("2 f/t", 2 * width, "h", hidden());
    one("h", hidden(), "f/t", width);
  }
  void add(const PlainFeedForward& plain) {
    const std::int64_t width = plain.intermediate / context_.layout.tp;
    one("f/t", width, "h", hidden());
    one("h", hidden(), "f/t", width);
  }
  void add(const MixtureOfExperts& experts) {
    const std::int64_t width = experts.expert_intermediate / context_.layout.etp;
    one("2 f/q", 2 * width, "h", hidden());
    one("h", hidden(), "f/q", width);
    const std::int64_t shared = experts.shared_intermediate / context_.layout.tp;
    if (shared == 0) return;
    one("2 f_s/t", 2 * shared, "h", hidden());
    one("h", hidden(), "f_s/t", shared);
  }

 private:
  [[nodiscard]] std::int64_t hidden() const { return context_.tower.hidden; }

  void one(const char* row_symbol, std::int64_t rows, const char* column_symbol,
           std::int64_t columns) {
    if (!needed_) return;
    const Shape shape{Extent{row_symbol, rows}, Extent{column_symbol, columns}};
    // Once in a layer; other kinds of layers of the stage share it (Tensor::shared_by_layers).
    const Program& program = builder_.program();
    for (std::size_t t = program.parts.back().first_tensor; t < program.tensors.size(); ++t) {
      const Tensor& known = program.tensors[t];
      if (known.shared_by_layers && known.shape.extents[0].value == rows &&
          known.shape.extents[1].value == columns) {
        return;
      }
    }
    builder_.shared_by_layers("placeholder for weight gradients", Role::kGradient,
                              DataType::kBFloat16, shape);
  }

  ProgramBuilder& builder_;
  const LoweringContext& context_;
  bool needed_;
};

// What latent attention keeps whole on every TP rank has gradients of that rank's tokens only; they
// are summed over TP once per step, in the type in which gradients are accumulated. Of other layers
// it is norms and the router, too little to count. Source: Megatron-LM
// megatron/core/distributed/finalize_model_grads.py _allreduce_non_tensor_model_parallel_grads.
void reduce_whole_gradients(ProgramBuilder& builder, const LoweringContext& context,
                            const LayerKind& kind, const Weights& shared) {
  if (!is_latent(kind.attention) || context.layout.tp == 1 ||
      context.layout.sharding == Sharding::kParameters) {
    return;
  }
  const std::int64_t hidden = context.tower.hidden;
  const std::int64_t elements = layer_norm_parameters(context.tower) +
                                parameters_of(kind.attention, hidden).whole() +
                                parameters_of(kind.feed_forward, hidden).whole();
  const Bytes bytes(elements *
                    bytes_per_element(gradient_type(context.job.training, context.traits)));
  builder.communicate("all-reduce gradients of whole matrices",
                      {Collective::kAllReduce, Axis::kTensor, bytes}, {shared.gradients()},
                      {shared.gradients()});
}

// Kinds of one model are told apart by their feed-forwards.
const char* name_of(const Tower& tower, const LayerKind& kind) {
  if (tower.kinds.size() == 1) return "layer";
  return expert_count(kind.feed_forward) > 0 ? "layer with experts" : "dense layer";
}

}  // namespace

void lower_layer(ProgramBuilder& builder, const LoweringContext& context, const LayerKind& kind) {
  builder.begin_part(name_of(context.tower, kind));
  const Weights shared(
      builder, context, {"layer parameters", "layer gradients", "layer optimizer state"},
      shared_elements(context, kind), Axis::kShard, linear_elements(context, kind));
  const Weights experts(
      builder, context, {"expert parameters", "expert gradients", "expert optimizer state"},
      expert_elements(context, kind), Axis::kExpertShard, expert_elements(context, kind));
  Placeholders placeholders(builder, context);
  std::visit([&](const auto& attention) { placeholders.add(attention); }, kind.attention);
  std::visit([&](const auto& feed_forward) { placeholders.add(feed_forward); }, kind.feed_forward);
  std::visit(
      [&](const auto& attention, const auto& feed_forward) {
        lower_halves(builder, context, attention, feed_forward, shared, experts);
      },
      kind.attention, kind.feed_forward);
  builder.begin_update("layer update");
  reduce_whole_gradients(builder, context, kind, shared);
  shared.update(builder);
  experts.update(builder);
  builder.end_block();
  builder.end_part();
}

}  // namespace seqspan::sim
