#include "sim/lower/attention/all_gather.hpp"

namespace seqspan::sim {
namespace {

Shape whole_key(const HeadBlock& block) {
  return {block.batch, block.sequence, block.kv_heads, block.head_dim};
}

Shape whole_value(const HeadBlock& block) {
  return {block.batch, block.sequence, block.kv_heads, block.value_dim};
}

Communication over_ring(Collective collective, Shape whole) {
  return {collective, Axis::kRing, size_of(whole, DataType::kBFloat16)};
}

}  // namespace

AllGatherAttention::AllGatherAttention(ProgramBuilder& builder, const HeadBlock& block,
                                       QueryKeyValue inputs, bool expands_kv_gradients)
    : block_(block),
      inputs_(inputs),
      gathered_key_(builder.bfloat16("gathered K", whole_key(block))),
      gathered_value_(builder.bfloat16("gathered V", whole_value(block))),
      ordered_key_(builder.bfloat16("gathered K in order", whole_key(block))),
      ordered_value_(builder.bfloat16("gathered V in order", whole_value(block))),
      output_(builder.bfloat16("attention output", block.output())),
      log_sum_exp_(builder.float32("LSE", block.log_sum_exp())),
      full_key_gradient_(builder.bfloat16("dK of the whole sequence", whole_key(block))),
      full_value_gradient_(builder.bfloat16("dV of the whole sequence", whole_value(block))),
      dealt_key_gradient_(builder.bfloat16("dK in the order of ranks", whole_key(block))),
      dealt_value_gradient_(builder.bfloat16("dV in the order of ranks", whole_value(block))),
      gradients_{builder.bfloat16("dQ", block.query()), builder.bfloat16("dK", block.key()),
                 builder.bfloat16("dV", block.value())},
      scratch_(builder, block, block.sequence, expands_kv_gradients) {}

// The two zigzag chunks of a rank together see n (s + 1) / 2 pairs, n = s/r, whichever rank it is:
// sum of ring_hop_pairs over all hops.
AttentionWork AllGatherAttention::work(bool backward) const {
  const std::int64_t pairs = block_.tokens.value * (block_.sequence.value + 1) / 2;
  // Two calls, one for each chunk; the later chunk sees nearly all keys.
  return block_.work(pairs, backward, block_.sequence.value, block_.tokens.value);
}

void AllGatherAttention::gather(ProgramBuilder& builder) const {
  builder.communicate("all-gather K", over_ring(Collective::kAllGather, whole_key(block_)),
                      {inputs_.key}, {gathered_key_});
  builder.communicate("all-gather V", over_ring(Collective::kAllGather, whole_value(block_)),
                      {inputs_.value}, {gathered_value_});
  builder.memory_pass("K into order", {gathered_key_}, {ordered_key_});
  builder.memory_pass("V into order", {gathered_value_}, {ordered_value_});
}

void AllGatherAttention::forward(ProgramBuilder& builder) const {
  gather(builder);
  builder.attention("attention", work(false), {inputs_.query, ordered_key_, ordered_value_},
                    {output_, log_sum_exp_});
}

void AllGatherAttention::backward(ProgramBuilder& builder, TensorId output_gradient) const {
  gather(builder);
  Operands writes{gradients_.query, full_key_gradient_, full_value_gradient_};
  scratch_.append_to(writes);
  builder.attention(
      "attention backward", work(true),
      {inputs_.query, ordered_key_, ordered_value_, output_, log_sum_exp_, output_gradient},
      writes);
  builder.memory_pass("dK into the order of ranks", {full_key_gradient_}, {dealt_key_gradient_});
  builder.memory_pass("dV into the order of ranks", {full_value_gradient_},
                      {dealt_value_gradient_});
  builder.communicate("reduce-scatter dK", over_ring(Collective::kReduceScatter, whole_key(block_)),
                      {dealt_key_gradient_}, {gradients_.key});
  builder.communicate("reduce-scatter dV",
                      over_ring(Collective::kReduceScatter, whole_value(block_)),
                      {dealt_value_gradient_}, {gradients_.value});
}

}  // namespace seqspan::sim
