#include "sim/lower/attention_alone.hpp"

#include "sim/lower/attention/context_attention.hpp"
#include "sim/lower/attention/local_heads.hpp"

namespace seqspan::sim {

void lower_attention_alone(ProgramBuilder& builder, Program& program,
                           const LoweringContext& context) {
  builder.begin_part("attention", PartKind::kLayer);
  const HeadBlock heads =
      std::visit([&context](const auto& attention) { return local_heads(context, attention); },
                 context.tower.kinds.front().attention);
  const QueryKeyValue inputs{builder.bfloat16("q", heads.query()),
                             builder.bfloat16("k", heads.key()),
                             builder.bfloat16("v", heads.value())};
  const ContextAttention attention =
      make_attention(builder, heads, inputs,
                     {context.layout, context.traits, context.job.training, context.ring_rank});
  const TensorId output_gradient = builder.bfloat16("d(attention output)", heads.output());
  const QueryKeyValue gradients = gradients_of(attention);

  builder.begin_forward("attention forward", {inputs.query, inputs.key, inputs.value},
                        {output_of(attention)});
  forward(attention, builder);
  builder.end_block();
  builder.begin_backward("attention backward", {output_gradient},
                         {gradients.query, gradients.key, gradients.value});
  backward(attention, builder, output_gradient);
  builder.end_block();
  builder.begin_update("no update");
  builder.end_block();
  builder.end_part();

  program.runs.push_back({0, 1});
  program.stages.push_back({.first_stage = 0, .count = 1, .first_run = 0, .run_count = 1});
}

}  // namespace seqspan::sim
