// Attention with keys and values at hand, or gathered.
#include <algorithm>
#include <array>

#include "real/execute/kernels/attention_block.hpp"
#include "real/execute/kernels/kernels.hpp"

namespace seqspan::real {
namespace {

// q, k, v in this order. Keys of as many tokens as the sequence has are those of the whole of it.
AttentionOperands operands_of(const KernelCall& call) {
  const Operand& query = call.read(0);
  const Operand& key = call.read(1);
  const bool is_whole = key.extent(1) == call.share.sequence();
  return {.query = query.values(),
          .query_heads = query.extent(2),
          .kv_heads = key.extent(2),
          .head_dim = query.extent(3),
          .query_rows = call.share.ring_rows(),
          .key = key.values(),
          .value = call.read(2).values(),
          .key_rows = is_whole ? call.share.all_rows() : call.share.ring_rows()};
}

sim::Result<void> attention(const KernelCall& call) {
  return attend(operands_of(call), call.write(0).values(), call.write(1).values(), call.flops);
}

// q, k, v, o, LSE, dO -> dQ, dK, dV and scratch: dQ in fp32, dK, dV of grouped heads, row sums.
sim::Result<void> attention_backward(const KernelCall& call) {
  return attend_backward(operands_of(call),
                         {.output = call.read(3).values(),
                          .lse = call.read(4).values(),
                          .output_gradient = call.read(5).values(),
                          .query_gradient = call.write(0).values(),
                          .key_gradient = call.write(1).values(),
                          .value_gradient = call.write(2).values(),
                          .query_accumulator = call.write(3).values(),
                          .kv_accumulator = call.writes.size() > 5 ? &call.write(4) : nullptr},
                         call.flops);
}

// One of the rank's two zigzag chunks of query rows, and the keys up to its end. Also where it
// begins in q and in LSE.
struct Chunk {
  AttentionOperands operands;
  std::int64_t first_query = 0;
  std::int64_t first_lse = 0;
};

Chunk chunk_of(const KernelCall& call, bool second) {
  AttentionOperands all = operands_of(call);
  const std::int64_t rows = std::ssize(all.query_rows.positions) / 2;
  const std::int64_t first = second ? rows : 0;
  const std::int64_t width = all.query_heads * all.head_dim;
  const TokenRows queries = part_of(all.query_rows, first, rows);
  const std::int64_t keys = (queries.positions.back() + 1) * call.share.batch();
  const std::int64_t key_size = keys * all.kv_heads * all.head_dim;
  return {{.query = all.query.part(first * width, rows * width),
           .query_heads = all.query_heads,
           .kv_heads = all.kv_heads,
           .head_dim = all.head_dim,
           .query_rows = queries,
           .key = all.key.part(0, key_size),
           .value = all.value.part(0, key_size),
           .key_rows = part_of(all.key_rows, 0, keys)},
          first * width,
          first * all.query_heads};
}

sim::Result<void> attention_of_chunk(const KernelCall& call, bool second) {
  const Chunk chunk = chunk_of(call, second);
  const std::int64_t size = chunk.operands.query.size();
  return attend(chunk.operands, call.write(0).values().part(chunk.first_query, size),
                call.write(1).values().part(chunk.first_lse, size / chunk.operands.head_dim),
                call.flops);
}

sim::Result<void> attention_backward_of_chunk(const KernelCall& call, bool second) {
  const Chunk chunk = chunk_of(call, second);
  const std::int64_t size = chunk.operands.query.size();
  return attend_backward(
      chunk.operands,
      {.output = call.read(3).values().part(chunk.first_query, size),
       .lse = call.read(4).values().part(chunk.first_lse, size / chunk.operands.head_dim),
       .output_gradient = call.read(5).values().part(chunk.first_query, size),
       .query_gradient = call.write(0).values().part(chunk.first_query, size),
       .key_gradient = call.write(1).values(),
       .value_gradient = call.write(2).values(),
       .query_accumulator = call.write(3).values(),
       .kv_accumulator = call.writes.size() > 5 ? &call.write(4) : nullptr},
      call.flops);
}

sim::Result<void> zero_sums(const KernelCall& call) {
  zero(call.write(0).values());
  zero(call.write(1).values());
  return {};
}

// dK and dV of the keys up to a chunk's end, to those of all keys, in place.
sim::Result<void> add_to_sums(const KernelCall& call) {
  for (const std::size_t i : {0U, 1U}) {
    if (call.read(2 + i).tensor != call.write(i).tensor) {
      throw std::out_of_range("a sum that is not read");
    }
    const Floats& added = call.read(i).values();
    const Floats& sum = call.write(i).values();
    for (std::int64_t e = 0; e < added.size(); ++e) sum[e] += added[e];
  }
  return {};
}

// Tokens of `from`, which has them as `order` says, into ascending order of their positions, or
// from there into `order`.
void permute(const KernelCall& call, const Positions& order, bool ascending) {
  const Floats& from = call.read(0).values();
  const Floats& to = call.write(0).values();
  const std::int64_t width = from.size() / static_cast<std::int64_t>(order.size());
  Positions sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto place = std::lower_bound(sorted.begin(), sorted.end(), order[i]) - sorted.begin();
    const auto unsorted = static_cast<std::int64_t>(i);
    for (std::int64_t j = 0; j < width; ++j) {
      if (ascending) {
        to[place * width + j] = from[unsorted * width + j];
      } else {
        to[unsorted * width + j] = from[place * width + j];
      }
    }
  }
}

sim::Result<void> into_order(const KernelCall& call) {
  permute(call, call.share.gathered_positions(), true);
  return {};
}

sim::Result<void> into_order_of_ranks(const KernelCall& call) {
  permute(call, call.share.gathered_positions(), false);
  return {};
}

// Ulysses' chunks: towards attention where there are more tokens than the rank has of its own.
sim::Result<void> reorder_chunks(const KernelCall& call) {
  const bool towards =
      call.write(0).extent(1) > static_cast<std::int64_t>(call.share.own_positions().size());
  if (towards) permute(call, call.share.dealt_positions(), true);
  if (!towards) return copy_kernel(call);  // packing has dealt them already
  return {};
}

constexpr std::array kAttentionKernels = {
    NamedKernel{"attention", attention},
    NamedKernel{"attention backward", attention_backward},
    NamedKernel{"attention, first chunk",
                [](const KernelCall& call) { return attention_of_chunk(call, false); }},
    NamedKernel{"attention, second chunk",
                [](const KernelCall& call) { return attention_of_chunk(call, true); }},
    NamedKernel{"attention backward, first chunk",
                [](const KernelCall& call) { return attention_backward_of_chunk(call, false); }},
    NamedKernel{"attention backward, second chunk",
                [](const KernelCall& call) { return attention_backward_of_chunk(call, true); }},
    NamedKernel{"zero dK, dV of the whole sequence", zero_sums},
    NamedKernel{"add dK, dV of a chunk", add_to_sums},
    NamedKernel{"K into order", into_order},
    NamedKernel{"V into order", into_order},
    NamedKernel{"dK into the order of ranks", into_order_of_ranks},
    NamedKernel{"dV into the order of ranks", into_order_of_ranks},
    NamedKernel{"reorder chunks", reorder_chunks},
};

}  // namespace

std::span<const NamedKernel> attention_kernels() { return kAttentionKernels; }

}  // namespace seqspan::real
