#include "sim/lower/attention/ring.hpp"

#include <algorithm>

#include "sim/lower/attention/causal_work.hpp"
#include "sim/lower/attention/flash_call.hpp"

namespace seqspan::sim {
namespace {

// K and V in one buffer: heads of one width beside each other, else flattened head by head.
Shape pair_of_kv(const HeadBlock& block, const Extent& keys) {
  if (block.head_dim.value == block.value_dim.value) {
    return {block.batch, keys, Extent{"2 g'", 2 * block.kv_heads.value}, block.head_dim};
  }
  return {block.batch, keys, block.kv_heads,
          Extent{"d_k + d_v", block.head_dim.value + block.value_dim.value}};
}
Shape pair_of_kv(const HeadBlock& block) { return pair_of_kv(block, block.tokens); }

// All of the rank's rows, or fewer.
Extent rows_of(const HeadBlock& block, std::int64_t rows) {
  if (rows == block.tokens.value) return block.tokens;
  return {2 * rows == block.tokens.value ? "half of the rows" : "all rows but one", rows};
}

HeadBlock queries_of(const HeadBlock& block, const RingPlan& ring, std::int64_t hop) {
  HeadBlock rows = block;
  if (!block.causal) return rows;
  rows.tokens = rows_of(block, ring_hop_queries(ring.order, block.tokens.value, ring.rank, hop));
  return rows;
}

Bytes bytes_of(ProgramBuilder& builder, const Operands& tensors) {
  Bytes bytes;
  for (const TensorId id : tensors) bytes += builder.program().tensor(id).bytes;
  return bytes;
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
      later_partial_(step_tensor(builder, ring, "partial output of some rows", DataType::kBFloat16,
                                 queries_of(block, ring, ring.rank + 1).output())),
      later_partial_lse_(step_tensor(builder, ring, "LSE of a step on some rows",
                                     DataType::kFloat32,
                                     queries_of(block, ring, ring.rank + 1).log_sum_exp())),
      output_(builder.bfloat16("attention output", block.output())),
      log_sum_exp_(builder.float32("LSE", block.log_sum_exp())),
      backward_kv_(builder.bfloat16("received KV, backward", pair_of_kv(block))),
      backward_arriving_kv_(builder.bfloat16("arriving KV, backward", pair_of_kv(block))),
      query_gradient_(builder.activation(
          "dQ sum", ring.traits.float32_gradient ? DataType::kFloat32 : DataType::kBFloat16,
          block.query())),
      gradients_{builder.bfloat16("dQ", block.query()), builder.bfloat16("dK", block.key()),
                 builder.bfloat16("dV", block.value())},
      expands_kv_gradients_(expands_kv_gradients) {
  const DataType type = ring.traits.float32_gradient ? DataType::kFloat32 : DataType::kBFloat16;
  kv_gradient_ = builder.activation("dK, dV sent on", type, pair_of_kv(block));
  arriving_kv_gradient_ = builder.activation("arriving dK, dV", type, pair_of_kv(block));
  if (ring.traits.float32_accumulator) {
    accumulator_ = builder.float32("output accumulator", block.output());
  }
  if (ring.traits.reuses_step_gradients) {
    step_gradients_ = {builder.bfloat16("dQ of a step", block.query()),
                       builder.bfloat16("dK, dV of a step", pair_of_kv(block))};
  }
}

HeadBlock RingAttention::queries_at(std::int64_t hop) const {
  return queries_of(block_, ring_, hop);
}

Extent RingAttention::keys_at(std::int64_t hop) const {
  if (!block_.causal) return block_.tokens;
  return rows_of(block_, ring_hop_keys(ring_.order, block_.tokens.value, ring_.rank, hop));
}

std::int64_t RingAttention::partial_hops() const {
  const bool fewer = queries_at(ring_.rank + 1).tokens.value < block_.tokens.value;
  return fewer ? ring_.size - 1 - ring_.rank : 0;
}

AttentionWork RingAttention::work(std::int64_t hop, bool backward) const {
  const std::int64_t tokens = block_.tokens.value;
  const std::int64_t pairs =
      block_.causal ? ring_hop_pairs(ring_.order, tokens, ring_.rank, hop) : tokens * tokens;
  return block_.work(pairs, backward, keys_at(hop).value, queries_at(hop).tokens.value);
}

Communication RingAttention::hop_of(Bytes bytes, bool to_predecessor) const {
  return {Collective::kRingShift, Axis::kRing, bytes, ring_.traits.fused_kv_message ? 1 : 2,
          to_predecessor};
}

bool RingAttention::works_at(std::int64_t hop) const {
  return !block_.causal || ring_.order != RingOrder::kContiguous || hop <= ring_.rank;
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
  if (!works_at(hop)) {
    builder.memory_pass("wait for KV", Bytes(0), {kv}, {});
    return;
  }
  const bool later = queries_at(hop).tokens.value < block_.tokens.value;
  const TensorId partial = later ? later_partial_ : partial_;
  // An accumulator begins as the first step's output, and its LSE is that of the step.
  const bool starts = ring_.traits.float32_accumulator && hop == 0;
  const TensorId lse = starts ? log_sum_exp_ : later ? later_partial_lse_ : partial_lse_;
  call_flash(builder, queries_at(hop), keys_at(hop),
             {"attention step", work(hop, false), {inputs_.query, kv}, {partial, lse}, {}});
  if (starts) {
    builder.memory_pass("start accumulator", {partial}, {accumulator_});
  } else if (ring_.traits.float32_accumulator) {
    builder.memory_pass("merge output", {partial, lse, accumulator_, log_sum_exp_},
                        {accumulator_, log_sum_exp_});
  } else if (hop == 0) {
    builder.memory_pass("start LSE", {lse}, {log_sum_exp_});
  } else {
    builder.memory_pass("merge LSE", {lse, log_sum_exp_}, {log_sum_exp_});
  }
}

void RingAttention::merge_outputs(ProgramBuilder& builder) const {
  if (ring_.traits.float32_accumulator) {
    builder.memory_pass("round output", {accumulator_}, {output_});
    return;
  }
  // Each partial output is read, scaled by exp(LSE_i - LSE) and added: 3 passes over it.
  const std::int64_t later = partial_hops();
  const Bytes partials = builder.program().tensor(partial_).bytes * (ring_.size - later) +
                         builder.program().tensor(later_partial_).bytes * later;
  Operands reads{partial_, partial_lse_, log_sum_exp_};
  if (later > 0) {
    reads.push_back(later_partial_);
    reads.push_back(later_partial_lse_);
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

RingAttention::StepGradients RingAttention::attend_backward(ProgramBuilder& builder,
                                                            std::int64_t hop, TensorId kv,
                                                            TensorId output_gradient) const {
  const HeadBlock queries = queries_at(hop);
  const Extent keys = keys_at(hop);
  StepGradients step = step_gradients_;
  if (!ring_.traits.reuses_step_gradients) {
    step = {builder.bfloat16("dQ of a step", queries.query()),
            builder.bfloat16("dK, dV of a step", pair_of_kv(block_, keys))};
  }
  const BackwardScratch scratch(builder, queries, keys, expands_kv_gradients_);
  call_flash(builder, queries, keys,
             {"attention backward step",
              work(hop, true),
              {inputs_.query, kv, output_, log_sum_exp_, output_gradient},
              {step.query, step.kv},
              scratch.tensors()});
  return step;
}

void RingAttention::start_gradients(ProgramBuilder& builder, std::int64_t hop, TensorId kv,
                                    TensorId output_gradient) const {
  if (!works_at(hop)) {
    builder.memory_pass("zero gradients", {}, {query_gradient_, kv_gradient_});
    return;
  }
  const StepGradients step = attend_backward(builder, hop, kv, output_gradient);
  // The hop under the attention is over then: what it sends is kept until here.
  const Operands sums{query_gradient_, kv_gradient_};
  const Bytes bytes = bytes_of(builder, {step.query, step.kv}) + bytes_of(builder, sums);
  builder.memory_pass("start gradients", bytes, {step.query, step.kv, kv}, sums);
}

void RingAttention::backward(ProgramBuilder& builder, TensorId output_gradient) const {
  if (ring_.traits.float32_gradient) {
    backward_sending_apart(builder, output_gradient);
  } else {
    backward_sending_both(builder, output_gradient);
  }
  const TensorId home = ring_.traits.float32_gradient ? kv_gradient_ : arriving_kv_gradient_;
  builder.memory_pass("split gradients", {query_gradient_, home},
                      {gradients_.query, gradients_.key, gradients_.value});
}

// TransformerEngine: message i carries the KV of step i and what the steps before i added to dK,
// dV; a step adds its own in place to what arrived.
void RingAttention::backward_sending_both(ProgramBuilder& builder, TensorId output_gradient) const {
  const auto attend_and_add = [&](std::int64_t hop) {
    if (!works_at(hop)) return;
    const StepGradients step = attend_backward(builder, hop, backward_kv_, output_gradient);
    // The message under the attention is over then: what it sends is kept until here.
    const Operands sums{query_gradient_, arriving_kv_gradient_};
    const Bytes bytes = bytes_of(builder, {step.query, step.kv}) + 2 * bytes_of(builder, sums);
    builder.memory_pass("add gradients", bytes,
                        {step.query, step.kv, arriving_kv_gradient_, query_gradient_, kv_gradient_},
                        sums);
  };
  builder.communicate("send KV", hop_of(kv_bytes_, true), {arrived_kv_}, {backward_kv_});
  start_gradients(builder, ring_.size - 1, arrived_kv_, output_gradient);
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

// ring-flash-attention: KV and the fp32 gradients travel apart. A step's gradients leave after it,
// into the buffer that those of the step before have left.
void RingAttention::backward_sending_apart(ProgramBuilder& builder,
                                           TensorId output_gradient) const {
  const Bytes gradient_bytes = builder.program().tensor(kv_gradient_).bytes;
  const auto attend_and_add = [&](std::int64_t hop) {
    if (!works_at(hop)) {
      builder.memory_pass("wait for KV", Bytes(0), {backward_kv_}, {});
      return;
    }
    const StepGradients step = attend_backward(builder, hop, backward_kv_, output_gradient);
    builder.memory_pass("add gradients",
                        {step.query, step.kv, arriving_kv_gradient_, query_gradient_},
                        {query_gradient_, arriving_kv_gradient_});
  };
  builder.communicate("send KV", hop_of(kv_bytes_), {own_kv_}, {backward_kv_});
  start_gradients(builder, 0, own_kv_, output_gradient);
  for_inner_hops(
      builder,
      {Carry{backward_arriving_kv_, backward_kv_}, Carry{arriving_kv_gradient_, kv_gradient_}},
      false, [&](std::int64_t hop) {
        builder.communicate("send dK, dV", hop_of(gradient_bytes), {kv_gradient_},
                            {arriving_kv_gradient_});
        builder.communicate("send KV", hop_of(kv_bytes_), {backward_kv_}, {backward_arriving_kv_});
        attend_and_add(hop);
      });
  builder.communicate("send dK, dV", hop_of(gradient_bytes), {kv_gradient_},
                      {arriving_kv_gradient_});
  attend_and_add(ring_.size - 1);
  builder.communicate("send dK, dV home", hop_of(gradient_bytes), {arriving_kv_gradient_},
                      {kv_gradient_});
}

}  // namespace seqspan::sim
