#include "sim/lower/attention/ulysses.hpp"

#include <algorithm>

namespace seqspan::sim {
namespace {

HeadBlock deal_heads(const HeadBlock& heads, const Layout& layout) {
  const std::int64_t degree = layout.ulysses;
  HeadBlock dealt = heads;
  dealt.tokens = {"s/r", heads.tokens.value * degree};
  dealt.query_heads = {"a/(t u)", heads.query_heads.value / degree};
  dealt.kv_heads = heads.kv_heads.value >= degree ? Extent{"g/(t u)", heads.kv_heads.value / degree}
                                                  : Extent{"1", 1};
  return dealt;
}

// K and V as they go on the wire: every rank of the group gets one head of its own.
HeadBlock repeat_kv(const HeadBlock& heads, const Layout& layout) {
  HeadBlock repeated = heads;
  repeated.kv_heads = {"max(g/t, u)", std::max(heads.kv_heads.value, layout.ulysses)};
  return repeated;
}

}  // namespace

UlyssesAttention::UlyssesAttention(ProgramBuilder& builder, const HeadBlock& heads,
                                   QueryKeyValue inputs, const ContextPlan& plan)
    : inputs_(inputs),
      replicates_(heads.kv_heads.value < plan.layout.ulysses),
      gathers_positions_(plan.traits.position_ids_gather),
      sends_value_first_(plan.traits.all_to_alls_apart),
      dealt_(deal_heads(heads, plan.layout)),
      repeated_key_(builder.bfloat16("repeated K", repeat_kv(heads, plan.layout).key())),
      repeated_value_(builder.bfloat16("repeated V", repeat_kv(heads, plan.layout).value())),
      positions_(builder.activation("position ids", DataType::kInt64, {heads.batch, heads.tokens})),
      all_positions_(
          builder.activation("all position ids", DataType::kInt64, {dealt_.batch, dealt_.tokens})),
      query_(builder, "all-to-all Q", "q", dealt_.query(), plan.layout,
             plan.traits.zigzag_everywhere),
      key_(builder, "all-to-all K", "k", dealt_.key(), plan.layout, plan.traits.zigzag_everywhere),
      value_(builder, "all-to-all V", "v", dealt_.value(), plan.layout,
             plan.traits.zigzag_everywhere),
      core_(make_core(builder, dealt_, {query_.result(), key_.result(), value_.result()}, plan)),
      to_sequence_(builder, "all-to-all O", "output in sequence order", heads.output(), plan.layout,
                   plan.traits.zigzag_everywhere),
      output_gradient_(builder, "all-to-all dO", "dO", dealt_.output(), plan.layout,
                       plan.traits.zigzag_everywhere),
      query_gradient_(builder, "all-to-all dQ", "dQ in sequence order", heads.query(), plan.layout,
                      plan.traits.zigzag_everywhere),
      key_gradient_(builder, "all-to-all dK", "dK in sequence order",
                    repeat_kv(heads, plan.layout).key(), plan.layout,
                    plan.traits.zigzag_everywhere),
      value_gradient_(builder, "all-to-all dV", "dV in sequence order",
                      repeat_kv(heads, plan.layout).value(), plan.layout,
                      plan.traits.zigzag_everywhere),
      gradients_{query_gradient_.result(),
                 replicates_ ? builder.bfloat16("dK summed over repeats", heads.key())
                             : key_gradient_.result(),
                 replicates_ ? builder.bfloat16("dV summed over repeats", heads.value())
                             : value_gradient_.result()} {}

void UlyssesAttention::forward(ProgramBuilder& builder) const {
  if (gathers_positions_) {
    builder.memory_pass("position ids", {}, {positions_});
    builder.communicate(
        "all-gather position ids",
        {Collective::kAllGather, Axis::kUlysses, builder.program().tensor(all_positions_).bytes},
        {positions_}, {all_positions_});
  }
  TensorId key = inputs_.key;
  TensorId value = inputs_.value;
  if (replicates_) {
    builder.memory_pass("repeat K", {inputs_.key}, {repeated_key_});
    builder.memory_pass("repeat V", {inputs_.value}, {repeated_value_});
    key = repeated_key_;
    value = repeated_value_;
  }
  query_.run(builder, inputs_.query);
  key_.run(builder, key);
  value_.run(builder, value);
  sim::forward(core_, builder);
  to_sequence_.run(builder, output_of(core_));
}

void UlyssesAttention::backward(ProgramBuilder& builder, TensorId output_gradient) const {
  output_gradient_.run(builder, output_gradient);
  sim::backward(core_, builder, output_gradient_.result());
  const QueryKeyValue dealt = gradients_of(core_);
  if (sends_value_first_) {
    value_gradient_.run(builder, dealt.value);
    key_gradient_.run(builder, dealt.key);
    query_gradient_.run(builder, dealt.query);
  } else {
    query_gradient_.run(builder, dealt.query);
    key_gradient_.run(builder, dealt.key);
    value_gradient_.run(builder, dealt.value);
  }
  if (!replicates_) return;
  builder.memory_pass("sum dK", {key_gradient_.result()}, {gradients_.key});
  builder.memory_pass("sum dV", {value_gradient_.result()}, {gradients_.value});
}

}  // namespace seqspan::sim
