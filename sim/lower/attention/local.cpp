#include "sim/lower/attention/local.hpp"

#include "sim/lower/attention/causal_work.hpp"
#include "sim/lower/attention/flash_call.hpp"

namespace seqspan::sim {

LocalAttention::LocalAttention(ProgramBuilder& builder, const HeadBlock& block,
                               QueryKeyValue inputs, bool expands_kv_gradients)
    : block_(block),
      inputs_(inputs),
      output_(builder.bfloat16("attention output", block.output())),
      log_sum_exp_(builder.float32("LSE", block.log_sum_exp())),
      gradients_{builder.bfloat16("dQ", block.query()), builder.bfloat16("dK", block.key()),
                 builder.bfloat16("dV", block.value())},
      scratch_(builder, block, block.tokens, expands_kv_gradients) {}

AttentionWork LocalAttention::work(bool backward) const {
  const std::int64_t sequence = block_.sequence.value;
  const std::int64_t pairs = block_.causal ? causal_pairs(sequence) : sequence * sequence;
  return block_.work(pairs, backward, sequence, sequence);
}

void LocalAttention::forward(ProgramBuilder& builder) const {
  call_flash(builder, block_, block_.tokens,
             {"attention",
              work(false),
              {inputs_.query, inputs_.key, inputs_.value},
              {output_, log_sum_exp_},
              {}});
}

void LocalAttention::backward(ProgramBuilder& builder, TensorId output_gradient) const {
  call_flash(builder, block_, block_.tokens,
             {"attention backward",
              work(true),
              {inputs_.query, inputs_.key, inputs_.value, output_, log_sum_exp_, output_gradient},
              {gradients_.query, gradients_.key, gradients_.value},
              scratch_.tensors()});
}

}  // namespace seqspan::sim
