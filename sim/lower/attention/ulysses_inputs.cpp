#include "sim/lower/attention/ulysses_inputs.hpp"

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

HeadBlock repeat_kv(const HeadBlock& heads, const Layout& layout) {
  HeadBlock repeated = heads;
  repeated.kv_heads = {"max(g/t, u)", std::max(heads.kv_heads.value, layout.ulysses)};
  return repeated;
}

}  // namespace

UlyssesInputs::UlyssesInputs(ProgramBuilder& builder, const HeadBlock& heads, QueryKeyValue inputs,
                             const ContextPlan& plan)
    : inputs_(inputs),
      sent_(inputs),
      replicates_(heads.kv_heads.value < plan.layout.ulysses),
      gathers_positions_(plan.traits.position_ids_gather),
      on_wire_(repeat_kv(heads, plan.layout)),
      dealt_(deal_heads(heads, plan.layout)) {
  const TensorId repeated_key = builder.bfloat16("repeated K", on_wire_.key());
  const TensorId repeated_value = builder.bfloat16("repeated V", on_wire_.value());
  positions_ = builder.activation("position ids", DataType::kInt64, {heads.batch, heads.tokens});
  all_positions_ =
      builder.activation("all position ids", DataType::kInt64, {dealt_.batch, dealt_.tokens});
  if (!replicates_) return;
  sent_.key = repeated_key;
  sent_.value = repeated_value;
  summed_key_gradient_ = builder.bfloat16("dK summed over repeats", heads.key());
  summed_value_gradient_ = builder.bfloat16("dV summed over repeats", heads.value());
}

void UlyssesInputs::prepare(ProgramBuilder& builder) const {
  if (gathers_positions_) {
    builder.memory_pass("position ids", {}, {positions_});
    builder.communicate(
        "all-gather position ids",
        {Collective::kAllGather, Axis::kUlysses, builder.program().tensor(all_positions_).bytes},
        {positions_}, {all_positions_});
  }
  if (!replicates_) return;
  builder.memory_pass("repeat K", {inputs_.key}, {sent_.key});
  builder.memory_pass("repeat V", {inputs_.value}, {sent_.value});
}

QueryKeyValue UlyssesInputs::gradients(QueryKeyValue in_sequence_order) const {
  if (!replicates_) return in_sequence_order;
  return {in_sequence_order.query, summed_key_gradient_, summed_value_gradient_};
}

void UlyssesInputs::sum_repeats(ProgramBuilder& builder, TensorId key_gradient,
                                TensorId value_gradient) const {
  if (!replicates_) return;
  builder.memory_pass("sum dK", {key_gradient}, {summed_key_gradient_});
  builder.memory_pass("sum dV", {value_gradient}, {summed_value_gradient_});
}

}  // namespace seqspan::sim
