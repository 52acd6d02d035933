#include "sim/lower/attention/all_gather.hpp"

#include "sim/lower/attention/causal_work.hpp"
#include "sim/lower/attention/flash_call.hpp"

namespace seqspan::sim {
namespace {

Shape whole_key(const HeadBlock& block) {
  return {block.batch, block.sequence, block.kv_heads, block.head_dim};
}

Shape whole_value(const HeadBlock& block) {
  return {block.batch, block.sequence, block.kv_heads, block.value_dim};
}

Communication over_ring(Collective collective, const Shape& whole) {
  return {collective, Axis::kRing, size_of(whole, DataType::kBFloat16)};
}

}  // namespace

AllGatherAttention::AllGatherAttention(ProgramBuilder& builder, const HeadBlock& block,
                                       QueryKeyValue inputs, const ContextPlan& plan)
    : block_(block),
      inputs_(inputs),
      rank_(plan.ring_rank),
      by_chunk_(plan.traits.attends_by_chunk),
      expands_kv_gradients_(plan.traits.expands_kv_gradients),
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
                 builder.bfloat16("dV", block.value())} {}

// Chunk c of m rows: the m c keys before it, and the triangle of its own.
std::array<AllGatherAttention::Kernel, 2> AllGatherAttention::chunks() const {
  const std::int64_t rows = block_.tokens.value / 2;
  const std::int64_t count = block_.sequence.value / rows;
  const auto kernel = [&](const char* forward, const char* backward, std::int64_t chunk) {
    if (!block_.causal) {
      return Kernel{forward, backward, Extent{"half of the rows", rows}, block_.sequence,
                    rows * block_.sequence.value};
    }
    return Kernel{forward, backward, Extent{"half of the rows", rows},
                  Extent{"keys up to the chunk", (chunk + 1) * rows},
                  chunk * rows * rows + causal_pairs(rows)};
  };
  return {kernel("attention, first chunk", "attention backward, first chunk", rank_),
          kernel("attention, second chunk", "attention backward, second chunk", count - 1 - rank_)};
}

// The two zigzag chunks of a rank together see n (s + 1) / 2 pairs, n = s/r, whichever rank it is.
AllGatherAttention::Kernel AllGatherAttention::whole() const {
  const std::int64_t sequence = block_.sequence.value;
  return {"attention", "attention backward", block_.tokens, block_.sequence,
          block_.tokens.value * (block_.causal ? sequence + 1 : 2 * sequence) / 2};
}

template <class Visit>
void AllGatherAttention::for_each_kernel(Visit visit) const {
  if (!by_chunk_) {
    visit(whole());
    return;
  }
  for (const Kernel& chunk : chunks()) visit(chunk);
}

AttentionWork AllGatherAttention::work(const Kernel& kernel, bool backward) const {
  return block_.work(kernel.pairs, backward, kernel.keys.value, kernel.queries.value);
}

HeadBlock AllGatherAttention::queries_of(const Kernel& kernel) const {
  HeadBlock queries = block_;
  queries.tokens = kernel.queries;
  return queries;
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
  for_each_kernel([&](const Kernel& kernel) {
    call_flash(builder, queries_of(kernel), kernel.keys,
               {kernel.forward,
                work(kernel, false),
                {inputs_.query, ordered_key_, ordered_value_},
                {output_, log_sum_exp_},
                {}});
  });
}

// dK and dV of the kernel's keys: those of all keys or, where there are two kernels, added to them.
void AllGatherAttention::attend_backward(ProgramBuilder& builder, const Kernel& kernel,
                                         TensorId output_gradient) const {
  const HeadBlock queries = queries_of(kernel);
  TensorId key_gradient = full_key_gradient_;
  TensorId value_gradient = full_value_gradient_;
  if (by_chunk_) {
    key_gradient = builder.bfloat16("dK of a chunk",
                                    {block_.batch, kernel.keys, block_.kv_heads, block_.head_dim});
    value_gradient = builder.bfloat16(
        "dV of a chunk", {block_.batch, kernel.keys, block_.kv_heads, block_.value_dim});
  }
  const BackwardScratch scratch(builder, queries, kernel.keys, expands_kv_gradients_);
  call_flash(builder, queries, kernel.keys,
             {kernel.backward,
              work(kernel, true),
              {inputs_.query, ordered_key_, ordered_value_, output_, log_sum_exp_, output_gradient},
              {gradients_.query, key_gradient, value_gradient},
              scratch.tensors()});
  if (!by_chunk_) return;
  const Bytes bytes =
      builder.program().tensor(key_gradient).bytes + builder.program().tensor(value_gradient).bytes;
  builder.memory_pass("add dK, dV of a chunk", 3 * bytes,
                      {key_gradient, value_gradient, full_key_gradient_, full_value_gradient_},
                      {full_key_gradient_, full_value_gradient_});
}

void AllGatherAttention::backward(ProgramBuilder& builder, TensorId output_gradient) const {
  gather(builder);
  if (by_chunk_) {
    builder.memory_pass("zero dK, dV of the whole sequence", {},
                        {full_key_gradient_, full_value_gradient_});
  }
  for_each_kernel([&](const Kernel& kernel) { attend_backward(builder, kernel, output_gradient); });
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
