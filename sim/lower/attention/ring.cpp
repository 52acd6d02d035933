#include "sim/lower/attention/ring.hpp"

#include "sim/lower/attention/causal_work.hpp"

namespace seqspan::sim {
namespace {

Shape pair_of_kv(const HeadBlock& block) {
  return {block.batch, block.tokens, Extent{"2 g'", 2 * block.kv_heads.value}, block.head_dim};
}

Shape partial_output(const HeadBlock& block, const RingPlan& ring, std::int64_t hop) {
  const std::int64_t rows = ring_hop_queries(ring.order, block.tokens.value, ring.rank, hop);
  const Extent queries =
      rows == block.tokens.value ? block.tokens : Extent{"half of the rows", rows};
  return {block.batch, queries, block.query_heads, block.head_dim};
}

// Partial outputs are held until they are merged, or folded into the accumulator at each step.
TensorId step_output(ProgramBuilder& builder, const HeadBlock& block, const RingPlan& ring) {
  const Shape shape = partial_output(block, ring, 1);
  return ring.traits.keeps_every_hop
             ? builder.kept_per_iteration("partial output", DataType::kBFloat16, shape)
             : builder.bfloat16("partial output", shape);
}

}  // namespace

RingAttention::RingAttention(ProgramBuilder& builder, const HeadBlock& block, QueryKeyValue inputs,
                             const RingPlan& ring, bool expands_kv_gradients)
    : block_(block),
      inputs_(inputs),
      ring_(ring),
      kv_bytes_(size_of(pair_of_kv(block), DataType::kBFloat16)),
      own_kv_(ring.traits.keeps_every_hop
                  ? builder.held("own KV", DataType::kBFloat16, pair_of_kv(block))
                  : builder.bfloat16("own KV", pair_of_kv(block))),
      arrived_kv_(builder.bfloat16("received KV", pair_of_kv(block))),
      arriving_kv_(builder.bfloat16("arriving KV", pair_of_kv(block))),
      first_partial_(builder.bfloat16("partial output, own KV", partial_output(block, ring, 0))),
      step_partial_(step_output(builder, block, ring)),
      last_partial_(
          builder.bfloat16("partial output, last KV", partial_output(block, ring, ring.size - 1))),
      output_(builder.bfloat16("attention output", block.query())),
      log_sum_exp_(builder.float32("LSE", block.log_sum_exp())),
      backward_kv_(builder.bfloat16("received KV, backward", pair_of_kv(block))),
      backward_arriving_kv_(builder.bfloat16("arriving KV, backward", pair_of_kv(block))),
      query_gradient_(builder.activation(
          "dQ sum", ring.traits.float32_gradient ? DataType::kFloat32 : DataType::kBFloat16,
          block.query())),
      step_query_gradient_(builder.bfloat16("dQ of a step", block.query())),
      step_kv_gradient_(builder.bfloat16("dK, dV of a step", pair_of_kv(block))),
      gradients_{builder.bfloat16("dQ", block.query()), builder.bfloat16("dK", block.kv()),
                 builder.bfloat16("dV", block.kv())},
      scratch_(builder, block, block.tokens, expands_kv_gradients) {
  const DataType type = ring.traits.float32_gradient ? DataType::kFloat32 : DataType::kBFloat16;
  kv_gradient_ = builder.activation("dK, dV sent on", type, pair_of_kv(block));
  arriving_kv_gradient_ = builder.activation("arriving dK, dV", type, pair_of_kv(block));
  summed_kv_gradient_ = builder.activation("dK, dV summed", type, pair_of_kv(block));
  if (ring.traits.float32_accumulator) {
    accumulator_ = builder.float32("output accumulator", block.query());
  }
}

AttentionWork RingAttention::work(std::int64_t hop, bool backward) const {
  return {block_.batch.value * ring_hop_pairs(ring_.order, block_.tokens.value, ring_.rank, hop),
          block_.query_heads.value, block_.head_dim.value, backward};
}

Communication RingAttention::hop_of(Bytes bytes) const {
  return {Collective::kRingShift, Axis::kRing, bytes, ring_.traits.fused_kv_message ? 1 : 2};
}

void RingAttention::attend(ProgramBuilder& builder, std::int64_t hop, TensorId kv,
                           TensorId partial) const {
  builder.attention("attention step", work(hop, false), {inputs_.query, kv},
                    {partial, log_sum_exp_});
  if (!ring_.traits.float32_accumulator) return;
  if (hop == 0) {
    builder.memory_pass("start accumulator", {partial}, {accumulator_});
  } else {
    builder.memory_pass("merge output", {partial, accumulator_, log_sum_exp_}, {accumulator_});
  }
}

void RingAttention::merge_outputs(ProgramBuilder& builder) const {
  if (ring_.traits.float32_accumulator) {
    builder.memory_pass("round output", {accumulator_}, {output_});
    return;
  }
  // Each partial output is read, scaled by exp(LSE_i - LSE) and added: 3 passes over it.
  const Bytes partials = builder.program().tensor(first_partial_).bytes +
                         builder.program().tensor(last_partial_).bytes +
                         builder.program().tensor(step_partial_).bytes * (ring_.size - 2);
  Operands reads{first_partial_, last_partial_, log_sum_exp_};
  if (ring_.size > 2) reads.push_back(step_partial_);
  builder.memory_pass("merge outputs", 3 * partials, reads, {output_});
}

void RingAttention::forward(ProgramBuilder& builder) const {
  if (ring_.traits.fused_kv_message) {
    builder.memory_pass("concatenate K, V", {inputs_.key, inputs_.value}, {own_kv_});
  } else {
    builder.memory_pass("pair K, V", Bytes(0), {inputs_.key, inputs_.value}, {own_kv_});
  }
  builder.communicate("send KV", hop_of(kv_bytes_), {own_kv_}, {arrived_kv_});
  attend(builder, 0, own_kv_, first_partial_);
  if (ring_.size > 2) {
    builder.begin_loop(ring_.size - 2,
                       {Carry{arriving_kv_, arrived_kv_, ring_.traits.keeps_every_hop}});
    builder.communicate("send KV", hop_of(kv_bytes_), {arrived_kv_}, {arriving_kv_});
    attend(builder, 1, arrived_kv_, step_partial_);
    builder.end_loop();
  }
  attend(builder, ring_.size - 1, arrived_kv_, last_partial_);
  merge_outputs(builder);
}

void RingAttention::attend_backward(ProgramBuilder& builder, std::int64_t hop, TensorId kv,
                                    TensorId output_gradient) const {
  Operands writes{step_query_gradient_, step_kv_gradient_};
  scratch_.append_to(writes);
  builder.attention("attention backward step", work(hop, true),
                    {inputs_.query, kv, output_, log_sum_exp_, output_gradient}, writes);
}

void RingAttention::backward(ProgramBuilder& builder, TensorId output_gradient) const {
  if (ring_.traits.float32_gradient) {
    backward_sending_apart(builder, output_gradient);
  } else {
    backward_sending_both(builder, output_gradient);
  }
  builder.memory_pass("split gradients", {query_gradient_, arriving_kv_gradient_},
                      {gradients_.query, gradients_.key, gradients_.value});
}

// TransformerEngine: message i carries the KV of step i and what the steps before i added to dK,
// dV; a step adds its own in place to what arrived.
void RingAttention::backward_sending_both(ProgramBuilder& builder, TensorId output_gradient) const {
  const auto add_gradients = [&] {
    builder.memory_pass(
        "add gradients",
        {step_query_gradient_, step_kv_gradient_, arriving_kv_gradient_, query_gradient_},
        {query_gradient_, arriving_kv_gradient_});
  };
  builder.communicate("send KV", hop_of(kv_bytes_), {arrived_kv_}, {backward_kv_});
  attend_backward(builder, ring_.size - 1, arrived_kv_, output_gradient);
  builder.memory_pass("start gradients", {step_query_gradient_, step_kv_gradient_},
                      {query_gradient_, kv_gradient_});
  if (ring_.size > 2) {
    builder.begin_loop(ring_.size - 2, {Carry{backward_arriving_kv_, backward_kv_},
                                        Carry{arriving_kv_gradient_, kv_gradient_}});
    builder.communicate("send KV, dK, dV", hop_of(2 * kv_bytes_), {backward_kv_, kv_gradient_},
                        {backward_arriving_kv_, arriving_kv_gradient_});
    attend_backward(builder, 1, backward_kv_, output_gradient);
    add_gradients();
    builder.end_loop();
  }
  builder.communicate("send dK, dV", hop_of(kv_bytes_), {kv_gradient_}, {arriving_kv_gradient_});
  attend_backward(builder, 0, backward_kv_, output_gradient);
  add_gradients();
}

// ring-flash-attention: KV and the fp32 gradients travel apart; a step's gradients leave after it.
void RingAttention::backward_sending_apart(ProgramBuilder& builder,
                                           TensorId output_gradient) const {
  const Bytes gradient_bytes = builder.program().tensor(kv_gradient_).bytes;
  const auto add_and_send = [&](const char* name) {
    builder.memory_pass(
        "add gradients",
        {step_query_gradient_, step_kv_gradient_, arriving_kv_gradient_, query_gradient_},
        {query_gradient_, summed_kv_gradient_});
    builder.communicate(name, hop_of(gradient_bytes), {summed_kv_gradient_},
                        {arriving_kv_gradient_});
  };
  builder.communicate("send KV", hop_of(kv_bytes_), {own_kv_}, {backward_kv_});
  attend_backward(builder, 0, own_kv_, output_gradient);
  builder.memory_pass("start gradients", {step_query_gradient_, step_kv_gradient_},
                      {query_gradient_, kv_gradient_});
  builder.communicate("send dK, dV", hop_of(gradient_bytes), {kv_gradient_},
                      {arriving_kv_gradient_});
  if (ring_.size > 2) {
    builder.begin_loop(ring_.size - 2, {Carry{backward_arriving_kv_, backward_kv_},
                                        Carry{summed_kv_gradient_, kv_gradient_}});
    builder.communicate("send KV", hop_of(kv_bytes_), {backward_kv_}, {backward_arriving_kv_});
    attend_backward(builder, 1, backward_kv_, output_gradient);
    add_and_send("send dK, dV");
    builder.end_loop();
  }
  attend_backward(builder, ring_.size - 1, backward_kv_, output_gradient);
  add_and_send("send dK, dV home");
}

}  // namespace seqspan::sim
