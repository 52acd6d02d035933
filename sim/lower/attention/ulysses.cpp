#include "sim/lower/attention/ulysses.hpp"

namespace seqspan::sim {

UlyssesAttention::UlyssesAttention(ProgramBuilder& builder, const HeadBlock& heads,
                                   QueryKeyValue inputs, const ContextPlan& plan)
    : inputs_(builder, heads, inputs, plan),
      sends_value_first_(plan.traits.all_to_alls_apart),
      query_(builder, "all-to-all Q", "q", inputs_.dealt().query(), plan.layout,
             plan.traits.zigzag_everywhere),
      key_(builder, "all-to-all K", "k", inputs_.dealt().key(), plan.layout,
           plan.traits.zigzag_everywhere),
      value_(builder, "all-to-all V", "v", inputs_.dealt().value(), plan.layout,
             plan.traits.zigzag_everywhere),
      core_(make_core(builder, inputs_.dealt(), {query_.result(), key_.result(), value_.result()},
                      plan)),
      to_sequence_(builder, "all-to-all O", "output in sequence order", heads.output(), plan.layout,
                   plan.traits.zigzag_everywhere),
      output_gradient_(builder, "all-to-all dO", "dO", inputs_.dealt().output(), plan.layout,
                       plan.traits.zigzag_everywhere),
      query_gradient_(builder, "all-to-all dQ", "dQ in sequence order", heads.query(), plan.layout,
                      plan.traits.zigzag_everywhere),
      key_gradient_(builder, "all-to-all dK", "dK in sequence order", inputs_.on_wire().key(),
                    plan.layout, plan.traits.zigzag_everywhere),
      value_gradient_(builder, "all-to-all dV", "dV in sequence order", inputs_.on_wire().value(),
                      plan.layout, plan.traits.zigzag_everywhere),
      gradients_(inputs_.gradients(
          {query_gradient_.result(), key_gradient_.result(), value_gradient_.result()})) {}

void UlyssesAttention::forward(ProgramBuilder& builder) const {
  inputs_.prepare(builder);
  query_.run(builder, inputs_.sent().query);
  key_.run(builder, inputs_.sent().key);
  value_.run(builder, inputs_.sent().value);
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
  inputs_.sum_repeats(builder, key_gradient_.result(), value_gradient_.result());
}

}  // namespace seqspan::sim
