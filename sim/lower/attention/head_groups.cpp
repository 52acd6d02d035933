#include "sim/lower/attention/head_groups.hpp"

#include "sim/lower/attention/causal_work.hpp"
#include "sim/lower/attention/flash_call.hpp"

namespace seqspan::sim {
namespace {

HeadBlock group_of(const HeadBlock& dealt, std::int64_t groups, std::int64_t kv_parts) {
  HeadBlock group = dealt;
  group.query_heads = {"a/(t u n)", dealt.query_heads.value / groups};
  group.kv_heads = {"g' of a group", dealt.kv_heads.value / kv_parts};
  return group;
}

AttentionWork work_of(const HeadBlock& group, bool backward) {
  const std::int64_t sequence = group.sequence.value;
  const std::int64_t pairs = group.causal ? causal_pairs(sequence) : sequence * sequence;
  return group.work(pairs, backward, sequence, sequence);
}

// For each part: the next one is on its way while `work` runs, and the result of this one while the
// next is worked on. A buffer is emptied before it is sent to again.
//   start(first)   begins to send what the next part needs; finish() has it
//   work(first)    the kernel of a part
//   send()         begins to send what it made; sent() has put that in its place
template <class Start, class Finish, class Work, class Send, class Sent>
void pipeline(ProgramBuilder& builder, std::int64_t parts, const Start& start, const Finish& finish,
              const Work& work, const Send& send, const Sent& sent) {
  start();
  finish();
  start();
  work(true);
  send();
  finish();
  if (parts > 2) {
    builder.begin_loop(parts - 2, {});
    start();
    work(false);
    sent();
    send();
    finish();
    builder.end_loop();
  }
  work(false);
  sent();
  send();
  sent();
}

}  // namespace

HeadGroupAttention::HeadGroupAttention(ProgramBuilder& builder, const HeadBlock& heads,
                                       QueryKeyValue inputs, const ContextPlan& plan)
    : inputs_(builder, heads, inputs, plan),
      groups_(plan.layout.head_groups),
      kv_parts_(inputs_.dealt().kv_heads.value % groups_ == 0 ? groups_ : 1),
      group_(group_of(inputs_.dealt(), groups_, kv_parts_)),
      query_(builder, "all-to-all Q", "q", inputs_.dealt().query(), plan.layout,
             plan.traits.zigzag_everywhere, groups_),
      key_(builder, "all-to-all K", "k", inputs_.dealt().key(), plan.layout,
           plan.traits.zigzag_everywhere, kv_parts_),
      value_(builder, "all-to-all V", "v", inputs_.dealt().value(), plan.layout,
             plan.traits.zigzag_everywhere, kv_parts_),
      output_(builder.bfloat16("attention output", inputs_.dealt().output())),
      log_sum_exp_(builder.float32("LSE", inputs_.dealt().log_sum_exp())),
      to_sequence_(builder, "all-to-all O", "output in sequence order", heads.output(), plan.layout,
                   plan.traits.zigzag_everywhere, groups_),
      output_gradient_(builder, "all-to-all dO", "dO", inputs_.dealt().output(), plan.layout,
                       plan.traits.zigzag_everywhere, groups_),
      dealt_gradients_{builder.bfloat16("dQ", inputs_.dealt().query()),
                       builder.bfloat16("dK", inputs_.dealt().key()),
                       builder.bfloat16("dV", inputs_.dealt().value())},
      scratch_(builder, group_, group_.tokens, plan.traits.expands_kv_gradients),
      query_gradient_(builder, "all-to-all dQ", "dQ in sequence order", heads.query(), plan.layout,
                      plan.traits.zigzag_everywhere, groups_),
      key_gradient_(builder, "all-to-all dK", "dK in sequence order", inputs_.on_wire().key(),
                    plan.layout, plan.traits.zigzag_everywhere, kv_parts_),
      value_gradient_(builder, "all-to-all dV", "dV in sequence order", inputs_.on_wire().value(),
                      plan.layout, plan.traits.zigzag_everywhere, kv_parts_),
      gradients_(inputs_.gradients(
          {query_gradient_.result(), key_gradient_.result(), value_gradient_.result()})) {
  if (kv_parts_ > 1) return;
  key_gradient_of_group_ = builder.bfloat16("dK of a group", inputs_.dealt().key());
  value_gradient_of_group_ = builder.bfloat16("dV of a group", inputs_.dealt().value());
}

void HeadGroupAttention::start_inputs(ProgramBuilder& builder) const {
  query_.start(builder, inputs_.sent().query);
  if (kv_parts_ == 1) return;
  key_.start(builder, inputs_.sent().key);
  value_.start(builder, inputs_.sent().value);
}

void HeadGroupAttention::finish_inputs(ProgramBuilder& builder) const {
  query_.finish(builder);
  if (kv_parts_ == 1) return;
  key_.finish(builder);
  value_.finish(builder);
}

void HeadGroupAttention::attend(ProgramBuilder& builder) const {
  call_flash(builder, group_, group_.tokens,
             {"attention",
              work_of(group_, false),
              {query_.result(), key_.result(), value_.result()},
              {output_, log_sum_exp_},
              {}});
}

void HeadGroupAttention::forward(ProgramBuilder& builder) const {
  inputs_.prepare(builder);
  if (kv_parts_ == 1) {
    key_.run(builder, inputs_.sent().key);
    value_.run(builder, inputs_.sent().value);
  }
  pipeline(
      builder, groups_, [&] { start_inputs(builder); }, [&] { finish_inputs(builder); },
      [&](bool) { attend(builder); }, [&] { to_sequence_.start(builder, output_); },
      [&] { to_sequence_.finish(builder); });
}

void HeadGroupAttention::attend_backward(ProgramBuilder& builder, bool first) const {
  const bool adds = kv_parts_ == 1 && !first;
  const TensorId key = adds ? key_gradient_of_group_ : dealt_gradients_.key;
  const TensorId value = adds ? value_gradient_of_group_ : dealt_gradients_.value;
  call_flash(builder, group_, group_.tokens,
             {"attention backward",
              work_of(group_, true),
              {query_.result(), key_.result(), value_.result(), output_, log_sum_exp_,
               output_gradient_.result()},
              {dealt_gradients_.query, key, value},
              scratch_.tensors()});
  if (!adds) return;
  builder.memory_pass("add dK of a group", {key, dealt_gradients_.key}, {dealt_gradients_.key});
  builder.memory_pass("add dV of a group", {value, dealt_gradients_.value},
                      {dealt_gradients_.value});
}

void HeadGroupAttention::start_gradients(ProgramBuilder& builder) const {
  if (kv_parts_ > 1) {
    value_gradient_.start(builder, dealt_gradients_.value);
    key_gradient_.start(builder, dealt_gradients_.key);
  }
  query_gradient_.start(builder, dealt_gradients_.query);
}

void HeadGroupAttention::finish_gradients(ProgramBuilder& builder) const {
  if (kv_parts_ > 1) {
    value_gradient_.finish(builder);
    key_gradient_.finish(builder);
  }
  query_gradient_.finish(builder);
}

void HeadGroupAttention::backward(ProgramBuilder& builder, TensorId output_gradient) const {
  pipeline(
      builder, groups_, [&] { output_gradient_.start(builder, output_gradient); },
      [&] { output_gradient_.finish(builder); },
      [&](bool first) { attend_backward(builder, first); }, [&] { start_gradients(builder); },
      [&] { finish_gradients(builder); });
  if (kv_parts_ == 1) {
    value_gradient_.run(builder, dealt_gradients_.value);
    key_gradient_.run(builder, dealt_gradients_.key);
  }
  inputs_.sum_repeats(builder, key_gradient_.result(), value_gradient_.result());
}

}  // namespace seqspan::sim
