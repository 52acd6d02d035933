#include "sim/lower/attention/ring.hpp"

#include <algorithm>

#include "sim/lower/attention/causal_work.hpp"

namespace seqspan::sim {
namespace {

// K and V in one buffer: heads of one width beside each other, else flattened head by head.
Shape pair_of_kv(const HeadBlock& block) {
  if (block.head_dim.value == block.value_dim.value) {
    return {block.batch, block.tokens, Extent{"2 g'", 2 * block.kv_heads.value}, block.head_dim};
  }
  return {block.batch, block.tokens, block.kv_heads,
          Extent{"d_k + d_v", block.head_dim.value + block.value_dim.value}};
}

// The rows of a step: all of the rank's, or half of them.
HeadBlock rows_of(const HeadBlock& block, bool half) {
  HeadBlock rows = block;
  if (half) rows.tokens = Extent{"half of the rows", block.tokens.value / 2};
  return rows;
}

// Partial outputs are held until they are merged, or folded into the accumulator at each step.
TensorId step_tensor(ProgramBuilder& builder, const RingPlan& ring, const char* name, DataType type,
                     Shape shape) {
  return ring.traits.keeps_every_hop ? builder.kept_per_iteration(name, type, shape)
                                     : builder.activation(name, type, shape);
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
      partial_(step_tensor(builder, ring, "partial output", DataType::kBFloat16, block.output())),
      partial_lse_(
          step_tensor(builder, ring, "LSE of a step", DataType::kFloat32, block.log_sum_exp())),
      half_partial_(step_tensor(builder, ring, "partial output, half", DataType::kBFloat16,
                                rows_of(block, true).output())),
      half_partial_lse_(step_tensor(builder, ring, "LSE of a step, half", DataType::kFloat32,
                                    rows_of(block, true).log_sum_exp())),
      output_(builder.bfloat16("attention output", block.output())),
      log_sum_exp_(builder.float32("LSE", block.log_sum_exp())),
      backward_kv_(builder.bfloat16("received KV, backward", pair_of_kv(block))),
      backward_arriving_kv_(builder.bfloat16("arriving KV, backward", pair_of_kv(block))),
      query_gradient_(builder.activation(
          "dQ sum", ring.traits.float32_gradient ? DataType::kFloat32 : DataType::kBFloat16,
          block.query())),
      step_query_gradient_(builder.bfloat16("dQ of a step", block.query())),
      step_kv_gradient_(builder.bfloat16("dK, dV of a step", pair_of_kv(block))),
      gradients_{builder.bfloat16("dQ", block.query()), builder.bfloat16("dK", block.key()),
                 builder.bfloat16("dV", block.value())},
      scratch_(builder, block, block.tokens, expands_kv_gradients) {
  const DataType type = ring.traits.float32_gradient ? DataType::kFloat32 : DataType::kBFloat16;
  kv_gradient_ = builder.activation("dK, dV sent on", type, pair_of_kv(block));
  arriving_kv_gradient_ = builder.activation("arriving dK, dV", type, pair_of_kv(block));
  summed_kv_gradient_ = builder.activation("dK, dV summed", type, pair_of_kv(block));
  if (ring.traits.float32_accumulator) {
    accumulator_ = builder.float32("output accumulator", block.output());
  }
}

AttentionWork RingAttention::work(std::int64_t hop, bool backward) const {
  const std::int64_t tokens = block_.tokens.value;
  const bool half_of_keys = ring_.order == RingOrder::kZigzag && hop > 0 && hop <= ring_.rank;
  return block_.work(ring_hop_pairs(ring_.order, tokens, ring_.rank, hop), backward,
                     half_of_keys ? tokens / 2 : tokens,
                     ring_hop_queries(ring_.order, tokens, ring_.rank, hop));
}

Communication RingAttention::hop_of(Bytes bytes, bool to_predecessor) const {
  return {Collective::kRingShift, Axis::kRing, bytes, ring_.traits.fused_kv_message ? 1 : 2,
          to_predecessor};
}

bool RingAttention::works_at(std::int64_t hop) const {
  return ring_.order != RingOrder::kContiguous || hop <= ring_.rank;
}

template <class Body>
void RingAttention::for_inner_hops(ProgramBuilder& builder, std::initializer_list<Carry> carries,
                                   bool counts_down, Body body) const {
  const std::int64_t up_to_own = std::min(ring_.rank, ring_.size - 2);
  const std::int64_t beyond = ring_.size - 2 - up_to_own;
  const auto loop = [&](std::int64_t times, std::int64_t hop) {
    if (times == 0) return;
    builder.begin_loop(times, carries);
    body(hop);
    builder.end_loop();
  };
  if (counts_down) loop(beyond, ring_.size - 1);
  loop(up_to_own, 1);
  if (!counts_down) loop(beyond, ring_.size - 1);
}

void RingAttention::attend(ProgramBuilder& builder, std::int64_t hop, TensorId kv) const {
  if (!works_at(hop)) return;
  const bool half =
      ring_hop_queries(ring_.order, block_.tokens.value, ring_.rank, hop) < block_.tokens.value;
  const TensorId partial = half ? half_partial_ : partial_;
  const TensorId lse = half ? half_partial_lse_ : partial_lse_;
  builder.attention("attention step", work(hop, false), {inputs_.query, kv}, {partial, lse});
  if (!ring_.traits.float32_accumulator) {
    if (hop == 0) {
      builder.memory_pass("start LSE", {lse}, {log_sum_exp_});
    } else {
      builder.memory_pass("merge LSE", {lse, log_sum_exp_}, {log_sum_exp_});
    }
  } else if (hop == 0) {
    builder.memory_pass("start accumulator", {partial, lse}, {accumulator_, log_sum_exp_});
  } else {
    builder.memory_pass("merge output", {partial, lse, accumulator_, log_sum_exp_},
                        {accumulator_, log_sum_exp_});
  }
}

void RingAttention::merge_outputs(ProgramBuilder& builder) const {
  if (ring_.traits.float32_accumulator) {
    builder.memory_pass("round output", {accumulator_}, {output_});
    return;
  }
  // Each partial output is read, scaled by exp(LSE_i - LSE) and added: 3 passes over it.
  const bool has_halves = ring_.order == RingOrder::kZigzag && ring_.rank + 1 < ring_.size;
  const std::int64_t halves = has_halves ? ring_.size - 1 - ring_.rank : 0;
  const Bytes partials = builder.program().tensor(partial_).bytes * (ring_.size - halves) +
                         builder.program().tensor(half_partial_).bytes * halves;
  Operands reads{partial_, partial_lse_, log_sum_exp_};
  if (has_halves) {
    reads.push_back(half_partial_);
    reads.push_back(half_partial_lse_);
  }
  builder.memory_pass("merge outputs", 3 * partials, reads, {output_});
}

void RingAttention::forward(ProgramBuilder& builder) const {
  if (ring_.traits.fused_kv_message) {
    builder.memory_pass("concatenate K, V", {inputs_.key, inputs_.value}, {own_kv_});
  } else {
    builder.memory_pass("pair K, V", Bytes(0), {inputs_.key, inputs_.value}, {own_kv_});
  }
  builder.communicate("send KV", hop_of(kv_bytes_), {own_kv_}, {arrived_kv_});
  attend(builder, 0, own_kv_);
  for_inner_hops(builder, {Carry{arriving_kv_, arrived_kv_, ring_.traits.keeps_every_hop}}, false,
                 [&](std::int64_t hop) {
                   builder.communicate("send KV", hop_of(kv_bytes_), {arrived_kv_}, {arriving_kv_});
                   attend(builder, hop, arrived_kv_);
                 });
  attend(builder, ring_.size - 1, arrived_kv_);
  merge_outputs(builder);
}

void RingAttention::attend_backward(ProgramBuilder& builder, std::int64_t hop, TensorId kv,
                                    TensorId output_gradient) const {
  if (!works_at(hop)) return;
  Operands writes{step_query_gradient_, step_kv_gradient_};
  scratch_.append_to(writes);
  builder.attention("attention backward step", work(hop, true),
                    {inputs_.query, kv, output_, log_sum_exp_, output_gradient}, writes);
}

void RingAttention::start_gradients(ProgramBuilder& builder, std::int64_t hop) const {
  if (works_at(hop)) {
    builder.memory_pass("start gradients", {step_query_gradient_, step_kv_gradient_},
                        {query_gradient_, kv_gradient_});
  } else {
    builder.memory_pass("zero gradients", {}, {query_gradient_, kv_gradient_});
  }
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
  const auto attend_and_add = [&](std::int64_t hop) {
    if (!works_at(hop)) return;
    attend_backward(builder, hop, backward_kv_, output_gradient);
    builder.memory_pass(
        "add gradients",
        {step_query_gradient_, step_kv_gradient_, arriving_kv_gradient_, query_gradient_},
        {query_gradient_, arriving_kv_gradient_});
  };
  builder.communicate("send KV", hop_of(kv_bytes_, true), {arrived_kv_}, {backward_kv_});
  attend_backward(builder, ring_.size - 1, arrived_kv_, output_gradient);
  start_gradients(builder, ring_.size - 1);
  for_inner_hops(
      builder,
      {Carry{backward_arriving_kv_, backward_kv_}, Carry{arriving_kv_gradient_, kv_gradient_}},
      true, [&](std::int64_t hop) {
        builder.communicate("send KV, dK, dV", hop_of(2 * kv_bytes_, true),
                            {backward_kv_, kv_gradient_},
                            {backward_arriving_kv_, arriving_kv_gradient_});
        attend_and_add(hop);
      });
  builder.communicate("send dK, dV", hop_of(kv_bytes_, true), {kv_gradient_},
                      {arriving_kv_gradient_});
  attend_and_add(0);
}

// ring-flash-attention: KV and the fp32 gradients travel apart; a step's gradients leave after it.
void RingAttention::backward_sending_apart(ProgramBuilder& builder,
                                           TensorId output_gradient) const {
  const Bytes gradient_bytes = builder.program().tensor(kv_gradient_).bytes;
  const auto attend_and_send = [&](std::int64_t hop, const char* name) {
    if (works_at(hop)) {
      attend_backward(builder, hop, backward_kv_, output_gradient);
      builder.memory_pass(
          "add gradients",
          {step_query_gradient_, step_kv_gradient_, arriving_kv_gradient_, query_gradient_},
          {query_gradient_, summed_kv_gradient_});
    } else {
      builder.memory_pass("pass on gradients", Bytes(0), {arriving_kv_gradient_},
                          {summed_kv_gradient_});
    }
    builder.communicate(name, hop_of(gradient_bytes), {summed_kv_gradient_},
                        {arriving_kv_gradient_});
  };
  builder.communicate("send KV", hop_of(kv_bytes_), {own_kv_}, {backward_kv_});
  attend_backward(builder, 0, own_kv_, output_gradient);
  start_gradients(builder, 0);
  builder.communicate("send dK, dV", hop_of(gradient_bytes), {kv_gradient_},
                      {arriving_kv_gradient_});
  for_inner_hops(
      builder,
      {Carry{backward_arriving_kv_, backward_kv_}, Carry{summed_kv_gradient_, kv_gradient_}}, false,
      [&](std::int64_t hop) {
        builder.communicate("send KV", hop_of(kv_bytes_), {backward_kv_}, {backward_arriving_kv_});
        attend_and_send(hop, "send dK, dV");
      });
  attend_and_send(ring_.size - 1, "send dK, dV home");
}

}  // namespace seqspan::sim
